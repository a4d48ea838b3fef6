namespace Llamalith.Generator.Spec;

/// <summary>One broken rule.</summary>
/// <param name="Rule">Which.</param>
/// <param name="Properties">
/// The attribute properties at fault, the likeliest first: the diagnostic is located at the first that was written. None for a
/// fault of the class or of the build.
/// </param>
/// <param name="Arguments">What the message names.</param>
/// <param name="Suggestion">The value that a code fix would give the first property; empty if there is none.</param>
/// <param name="AllSuggestions">Of a file, all values that the class would have to take from it, as "Property=Value"; else none.</param>
/// <param name="Prompt">The number of the [Prompt] at fault, from 0; null where none is.</param>
/// <param name="Clash">The number of the clash at fault, from 0; null where none is.</param>
internal sealed record SpecProblem(
    SpecRule Rule,
    EquatableArray<string> Properties,
    EquatableArray<string> Arguments,
    string Suggestion = "",
    EquatableArray<string> AllSuggestions = default,
    int? Prompt = null,
    int? Clash = null)
{
    /// <summary>Whether no engine can be emitted. Otherwise one is, so that a single error doesn't drag others along.</summary>
    public bool Blocks => Rule
        is not (SpecRule.OverBudget or SpecRule.FileDisagrees or SpecRule.AotForgetsInstructionSet or SpecRule.UnknownInstructionSetName
            or SpecRule.HidesInherited);
}
