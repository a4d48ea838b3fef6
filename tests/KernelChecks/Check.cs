using System;

namespace Llamalith.KernelChecks;

/// <summary>One thing that every engine, or one of them, must do.</summary>
/// <param name="Name">The subject and the behaviour, unique in the table.</param>
/// <param name="IsSupported">Whether this machine and process can tell.</param>
/// <param name="Run">Throws a <see cref="CheckFailedException"/> (or anything else) when the engine does something else.</param>
public sealed record Check(string Name, Func<bool> IsSupported, Action Run)
{
    public override string ToString() => Name;
}
