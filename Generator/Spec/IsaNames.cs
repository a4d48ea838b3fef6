using System;
using System.Collections.Generic;

namespace Llamalith.Generator.Spec;

/// <summary>Reads instruction sets from an MSBuild property.</summary>
internal static class IsaNames
{
    private static readonly char[] s_separators = [',', '+', '|', ' '];

    /// <summary>The sets named in a list such as "Avx2,Scalar" in any case; all when it names none.</summary>
    /// <param name="list">The list. Not separated by semicolons: the compiler's option files end a value there.</param>
    /// <param name="unknown">The names that are none.</param>
    public static Isa Parse(string list, out IReadOnlyList<string> unknown)
    {
        List<string> strangers = [];
        unknown = strangers;
        Isa isas = Isa.None;
        bool limited = false;
        foreach (string name in list.Split(s_separators, StringSplitOptions.RemoveEmptyEntries))
        {
            // Enum.TryParse also takes numbers, which would let in bits that no kernel exists for.
            if (char.IsLetter(name[0]) && Enum.TryParse(name, ignoreCase: true, out Isa isa))
            {
                isas |= isa;
                limited = true;
            }
            else
                strangers.Add(name);
        }

        return limited ? isas : Isa.All;
    }
}
