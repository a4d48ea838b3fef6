using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Spec;

/// <summary>Reads instruction sets from MSBuild properties.</summary>
internal static class TargetNames
{
    private const string Native = "native";

    // Processors that runtime identifiers name, and that none of the vector sets is for.
    private static readonly string[] s_others = ["arm", "wasm", "riscv64", "loongarch64", "s390x", "ppc64le"];

    private static readonly char[] s_separators = [',', '+', '|', ' '];

    /// <summary>All names, as messages list them.</summary>
    public static string All { get; } = string.Join(
        ", ",
        Dialects.All.Select(static dialect => dialect.Id)
            .Concat(Dialects.ForIntegers.Select(static dialect => dialect.Id + " beside them")));

    /// <summary>The names of those that NativeAOT has to be told of.</summary>
    public static string AheadOfTime { get; } = string.Join(
        " or ", Dialects.All.Where(static dialect => dialect.Processors.Contains("x64")).Select(static dialect => dialect.Id).Reverse());

    /// <summary>The sets named in a list such as "avx2,neon" in any case; all when it names none.</summary>
    /// <param name="list">The list. Not separated by semicolons: the compiler's option files end a value there.</param>
    /// <param name="buildMachine">The sets of this machine, which "native" stands for.</param>
    /// <param name="unknown">The names that are none.</param>
    public static InstructionSet Parse(string list, InstructionSet buildMachine, out IReadOnlyList<string> unknown)
    {
        List<string> strangers = [];
        unknown = strangers;
        InstructionSet sets = InstructionSet.None;
        bool limited = false;
        foreach (string name in list.Split(s_separators, StringSplitOptions.RemoveEmptyEntries))
        {
            // Enum.TryParse also takes numbers, which would let in bits that no kernel exists for.
            if (name.Equals(Native, StringComparison.OrdinalIgnoreCase))
                sets |= buildMachine;
            else if (Dialects.ForIntegers.FirstOrDefault(other => name.Equals(other.Id, StringComparison.OrdinalIgnoreCase)) is { } one)
                sets |= one.Set;
            else if (char.IsLetter(name[0]) && Enum.TryParse(name, ignoreCase: true, out InstructionSet set))
                sets |= set;
            else
            {
                strangers.Add(name);
                continue;
            }

            limited = true;
        }

        return limited ? sets : InstructionSet.All;
    }

    /// <summary>The sets that a processor of a runtime identifier such as "linux-x64" can have; all where it names none.</summary>
    public static InstructionSet OfRuntime(string runtimeIdentifier)
    {
        string processor = runtimeIdentifier.Substring(runtimeIdentifier.LastIndexOf('-') + 1);
        return s_others.Contains(processor) || Dialects.All.Any(dialect => dialect.Processors.Contains(processor))
            ? SetsOf(dialect => dialect.Processors.Count == 0 || dialect.Processors.Contains(processor))
            : InstructionSet.All;
    }

    /// <summary>The sets that NativeAOT compiles for on x64, given IlcInstructionSet: of names such as x86-64-v3, avx2, native.</summary>
    public static InstructionSet OfAheadOfTime(string ilcInstructionSet, InstructionSet buildMachine)
    {
        string[] names = ilcInstructionSet.ToLowerInvariant().Split(s_separators, StringSplitOptions.RemoveEmptyEntries);
        InstructionSet sets = SetsOf(dialect => dialect.Processors.Count == 0 || names.Any(dialect.IsIn));
        return names.Contains(Native) ? sets | buildMachine : sets;
    }

    private static InstructionSet SetsOf(Func<Dialect, bool> condition) =>
        Dialects.All.Where(condition).Aggregate(InstructionSet.None, static (all, dialect) => all | dialect.Set);
}
