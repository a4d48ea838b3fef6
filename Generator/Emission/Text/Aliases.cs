using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Emission.Text;

/// <summary>The short names that the engine is written in, and what they stand for.</summary>
internal static class Aliases
{
    private static readonly (string Name, string Type)[] s_all =
    [
        .. new (string Name, string Type)[]
        {
            ("Array", "System.Array"),
            ("BitConverter", "System.BitConverter"),
            ("Contracts", "Llamalith.Contracts"),
            ("DoubleReadOnlySpan", "System.ReadOnlySpan<double>"),
            ("FloatReadOnlySpan", "System.ReadOnlySpan<float>"),
            ("FloatSpan", "System.Span<float>"),
            ("GC", "System.GC"),
            ("Half", "System.Half"),
            ("IDisposable", "System.IDisposable"),
            ("Math", "System.Math"),
            ("MathF", "System.MathF"),
            ("MethodImpl", "System.Runtime.CompilerServices.MethodImplAttribute"),
            ("MethodImplOptions", "System.Runtime.CompilerServices.MethodImplOptions"),
            ("PlatformNotSupportedException", "System.PlatformNotSupportedException"),
            ("Unsafe", "System.Runtime.CompilerServices.Unsafe"),
            // A project may have a type of this name; within the engine it is the pointer-sized integer.
            ("nint", "System.IntPtr"),
        }.Concat(Dialects.Aliases).OrderBy(static alias => alias.Name, StringComparer.Ordinal),
    ];

    // Aliases by the first character of their names, so that of the many words of a text only those that begin alike are compared.
    private static readonly int[][] s_byFirst =
        [.. Enumerable.Range(0, 128).Select(static c => Enumerable.Range(0, s_all.Length).Where(i => s_all[i].Name[0] == c).ToArray())];

    /// <summary>As many flags as there are aliases.</summary>
    public static bool[] NoneUsed() => new bool[s_all.Length];

    /// <summary>Flags the names that occur in a line. A name in a comment needs no directive.</summary>
    public static void Mark(bool[] used, string text, int begin, int end)
    {
        for (int at = begin; at < end; at++)
        {
            if (IsOfWord(text[at]))
            {
                int word = at;
                while (at < end && IsOfWord(text[at]))
                    at++;
                Mark(used, s_byFirst[text[word]], text, word, at - word);
            }

            if (at + 1 < end && text[at] == '/' && text[at + 1] == '/')
                return;
        }
    }

    /// <summary>Using directives for the names that are flagged.</summary>
    public static IEnumerable<string> Directives(bool[] used) =>
        s_all.Where((_, i) => used[i]).Select(static alias => $"using {alias.Name} = global::{alias.Type};");

    private static void Mark(bool[] used, int[] candidates, string text, int begin, int length)
    {
        foreach (int i in candidates)
        {
            string name = s_all[i].Name;
            if (name.Length == length && string.CompareOrdinal(name, 0, text, begin, length) == 0)
                used[i] = true;
        }
    }

    // Other letters occur in names of the user's alone, where the worst that comes of ending a word is a directive too many.
    private static bool IsOfWord(char c) => (c | 0x20) is >= 'a' and <= 'z' || c is (>= '0' and <= '9') or '_';
}
