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

    /// <summary>Using directives for the names that occur in a text.</summary>
    public static IEnumerable<string> UsedBy(string text)
    {
        HashSet<string> used = IdentifiersOf(text);
        return s_all.Where(alias => used.Contains(alias.Name)).Select(static alias => $"using {alias.Name} = global::{alias.Type};");
    }

    // Words outside of comments: a name in a comment needs no directive.
    private static HashSet<string> IdentifiersOf(string text)
    {
        HashSet<string> words = new(StringComparer.Ordinal);
        for (int at = 0; at < text.Length;)
        {
            if (text[at] == '/' && at + 1 < text.Length && text[at + 1] == '/')
            {
                int end = text.IndexOf('\n', at);
                at = end < 0 ? text.Length : end;
            }
            else if (IsOfWord(text[at]))
            {
                int begin = at;
                while (at < text.Length && IsOfWord(text[at]))
                    at++;
                words.Add(text.Substring(begin, at - begin));
            }
            else
            {
                at++;
            }
        }

        return words;
    }

    private static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
