namespace Llamalith.Generator.Spec;

/// <summary>A name in the user's project that leaves no room for one of an engine's, as the symbols tell it.</summary>
/// <param name="Rule">What is wrong.</param>
/// <param name="Arguments">What the message names.</param>
internal sealed record ClassClash(SpecRule Rule, EquatableArray<string> Arguments);
