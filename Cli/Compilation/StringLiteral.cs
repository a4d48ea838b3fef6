using System;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Llamalith.Cli.Compilation;

/// <summary>Texts of users as C# has them. A file's name may hold anything: what ends a line, or turns the order of those that a reader sees, is not written as it is.</summary>
internal static class StringLiteral
{
    /// <summary>The expression that is a text.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.All(IsPlain)
            ? "@\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\""
            : "\"" + string.Concat(text.Select(c =>
                IsPlain(c) && c is not ('"' or '\\') ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"))) + "\"";
    }

    /// <summary>A text as one line of a comment.</summary>
    public static string OneLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Concat(text.EnumerateRunes().Select(rune => IsPlain(Rune.GetUnicodeCategory(rune)) ? rune : Rune.ReplacementChar));
    }

    private static bool IsPlain(char c) => IsPlain(char.GetUnicodeCategory(c));

    private static bool IsPlain(UnicodeCategory category) =>
        category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned);
}
