using System;
using System.Collections.Generic;

namespace Llamalith.Generator.Spec;

/// <summary>Reads instruction sets from MSBuild properties.</summary>
internal static class TargetNames
{
    private const string Native = "native";

    // No set of its own: products of integers beside AVX2's or AVX-512's kernels, wherever those are emitted. Ahead of time it is asked for by name.
    private const string Vnni = "avxvnni";

    private static readonly char[] s_separators = [',', '+', '|', ' '];

    /// <summary>The sets named in a list such as "avx2,neon" in any case; all when it names none.</summary>
    /// <param name="list">The list. Not separated by semicolons: the compiler's option files end a value there.</param>
    /// <param name="buildMachine">The sets of this machine, which "native" stands for.</param>
    /// <param name="unknown">The names that are none.</param>
    public static Isa Parse(string list, Isa buildMachine, out IReadOnlyList<string> unknown)
    {
        List<string> strangers = [];
        unknown = strangers;
        Isa isas = Isa.None;
        bool limited = false;
        foreach (string name in list.Split(s_separators, StringSplitOptions.RemoveEmptyEntries))
        {
            // Enum.TryParse also takes numbers, which would let in bits that no kernel exists for.
            if (name.Equals(Native, StringComparison.OrdinalIgnoreCase))
                isas |= buildMachine;
            else if (name.Equals(Vnni, StringComparison.OrdinalIgnoreCase))
                isas |= Isa.Avx2;
            else if (char.IsLetter(name[0]) && Enum.TryParse(name, ignoreCase: true, out Isa isa))
                isas |= isa;
            else
            {
                strangers.Add(name);
                continue;
            }

            limited = true;
        }

        return limited ? isas : Isa.All;
    }

    /// <summary>The sets that a processor of a runtime identifier such as "linux-x64" can have; all where it names none.</summary>
    public static Isa OfRuntime(string runtimeIdentifier)
    {
        switch (runtimeIdentifier.Substring(runtimeIdentifier.LastIndexOf('-') + 1))
        {
            case "x64" or "x86":
                return Isa.Scalar | Isa.Avx2 | Isa.Avx512;
            case "arm64":
                return Isa.Scalar | Isa.Neon;
            case "arm" or "wasm" or "riscv64" or "loongarch64" or "s390x" or "ppc64le":
                return Isa.Scalar;
            default:
                return Isa.All;
        }
    }

    /// <summary>The sets that NativeAOT compiles for on x64, given IlcInstructionSet: of names such as x86-64-v3, avx2, native.</summary>
    public static Isa OfAheadOfTime(string ilcInstructionSet, Isa buildMachine)
    {
        Isa isas = Isa.Scalar;
        foreach (string name in ilcInstructionSet.ToLowerInvariant().Split(s_separators, StringSplitOptions.RemoveEmptyEntries))
        {
            if (name == Native)
                isas |= buildMachine;
            else if (name == "x86-64-v4" || name.StartsWith("avx512", StringComparison.Ordinal))
                isas |= Isa.Avx2 | Isa.Avx512;
            else if (name is "x86-64-v3" or "avx2")
                isas |= Isa.Avx2;
        }

        return isas;
    }
}
