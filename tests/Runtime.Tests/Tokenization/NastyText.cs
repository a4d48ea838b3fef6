using System.Linq;
using System.Text;
using CsCheck;

namespace Llamalith.Tests.Tokenization;

/// <summary>
/// Texts that are hard to cut: every Unicode category, line ends, contractions, digits of many scripts, halves of characters.
/// </summary>
internal static class NastyText
{
    private static readonly Gen<string> s_snippets = Gen.OneOf(
        Gen.OneOf("'s", "'S", "'\u017F", "'t", "'re", "'RE", "'ve", "'m", "'ll", "'lL", "'d", "'", "''", "'x", "\u2019s"),
        Gen.OneOf(" ", "  ", "   ", "\t", "\n", "\r", "\r\n", "\n\n", " \n", "\n ", "\u00A0", "\u0085", "\u2028", "\u3000", "\v", "\f",
            "\u200B", "\u180E"),
        Gen.OneOf("a", "B", "word", "Straße", "Ωmega", "日本語", "привет", "שלום", "ŉ", "ǅ", "ʰ", "e\u0301", "\u0301", "\U0001D400",
            "\U00020000", "ﬁ", "AB", "Ab", "aB", "テスト", "ー", "・", "゠", "\u3099", "\u0903", "\U0001E900", "\U0001E922", "\U0001D165"),
        Gen.OneOf("0", "1", "12", "123", "1234", "12345678", "٣٤٥", "½", "Ⅷ", "一", "\U0001D7D8", "१२३४"),
        Gen.OneOf(".", ",", "!", "...", "!?", "-", "_", "(", "[", "$", "+", "<", "=", ">", "^", "~", "|", "`", "«", "。", "\U00010100", "/",
            "//", "_a", "\U0001F100"),
        Gen.OneOf("🙂", "👩‍👩‍👧‍👦", "€", "©", "\u0000", "\u0007", "\u001B", "\uFFFD", "\uE000", "\u0378", "\U000E0001", "\U0010FFFF"));

    private static readonly Gen<string> s_anything = Gen.Int[0, 0x10FFFF].Select(c => Rune.IsValid(c) ? new Rune(c).ToString() : "\uFFFD");

    /// <summary>Well-formed texts.</summary>
    public static readonly Gen<string> WellFormed = Gen.Frequency((4, s_snippets), (1, s_anything)).List[0, 24].Select(string.Concat);

    /// <summary>The same, with halves of characters among them.</summary>
    public static readonly Gen<string> Any = Gen.Frequency((8, s_snippets), (1, s_anything), (1, Gen.OneOf("\uD800", "\uDC00", "\uDBFF")))
        .List[0, 24].Select(string.Concat);

    /// <summary>A text as encoders see it: halves of characters are U+FFFD.</summary>
    public static string Repaired(string text) => string.Concat(text.EnumerateRunes().Select(static rune => rune.ToString()));
}
