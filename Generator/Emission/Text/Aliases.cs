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
            ("BytesReadOnlySpan", "System.ReadOnlySpan<byte>"),
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

    // Aliases by the first character of their names, so that of the many words of a text only those that begin alike are compared; null for
    // what no word is made of. Other letters occur in names of the user's alone, where the worst that comes of ending a word is a directive
    // too many.
    private static readonly int[]?[] s_byFirst = [.. Enumerable.Range(0, 128).Select(static c =>
        (c | 0x20) is >= 'a' and <= 'z' || c is (>= '0' and <= '9') or '_'
            ? Enumerable.Range(0, s_all.Length).Where(i => s_all[i].Name[0] == c).ToArray()
            : null)];

    /// <summary>As many flags as there are aliases.</summary>
    public static bool[] NoneUsed() => new bool[s_all.Length];

    /// <summary>Flags the names that occur in a line. A name in a comment needs no directive.</summary>
    public static void Mark(bool[] used, ReadOnlySpan<char> line)
    {
        int[]?[] byFirst = s_byFirst;
        int[]? ofWord = null;
        int word = 0;
        for (int at = 0; at < line.Length; at++)
        {
            char c = line[at];
            if (c < byFirst.Length && byFirst[c] is { } candidates)
            {
                if (ofWord is null)
                    (word, ofWord) = (at, candidates);
                continue;
            }

            if (ofWord is { Length: > 0 })
                Mark(used, ofWord, line.Slice(word, at - word));
            ofWord = null;
            if (c == '/' && at + 1 < line.Length && line[at + 1] == '/')
                return;
        }

        if (ofWord is { Length: > 0 })
            Mark(used, ofWord, line.Slice(word));
    }

    /// <summary>Using directives for the names that are flagged.</summary>
    public static IEnumerable<string> Directives(bool[] used) =>
        s_all.Where((_, i) => used[i]).Select(static alias => $"using {alias.Name} = global::{alias.Type};");

    private static void Mark(bool[] used, int[] candidates, ReadOnlySpan<char> word)
    {
        foreach (int i in candidates)
        {
            if (word.SequenceEqual(s_all[i].Name.AsSpan()))
                used[i] = true;
        }
    }
}
