using System;
using System.Linq;
using System.Reflection;

namespace Llamalith.Generator.Isa;

/// <summary>
/// What the machine that builds can run, for builds that ask for just that. The compiler itself is compiled for any machine and
/// does not know the types, but the framework that it runs on does.
/// </summary>
internal static class BuildMachine
{
    public static InstructionSet Sets { get; } = Dialects.All
        .Where(static dialect => dialect.SupportTypes.All(IsSupported))
        .Aggregate(InstructionSet.None, static (all, dialect) => all | dialect.Set);

    private static bool IsSupported(string name) =>
        Type.GetType("System.Runtime.Intrinsics." + name)
            ?.GetProperty("IsSupported", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is true;
}
