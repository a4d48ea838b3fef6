using System.Globalization;
using System.Linq;
using System.Text;
using CsCheck;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

public class NormalizationFormCTests
{
    /// <summary>From Unicode's Annex 15 and its chapter on Hangul.</summary>
    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("e\u0323\u0301", "\u1EB9\u0301")]
    [InlineData("e\u0301\u0323", "\u1EB9\u0301")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u2126", "\u03A9")]
    [InlineData("\u1E0B\u0323", "\u1E0D\u0307")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\uFB2C", "\u05E9\u05BC\u05C1")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\uAC01\u11A8", "\uAC01\u11A8")]
    [InlineData("\U0001D160", "\U0001D158\U0001D165\U0001D16E")]
    [InlineData("a\u0316\u0301", "\u00E1\u0316")]
    [InlineData("a\u0305\u0301", "a\u0305\u0301")]
    [InlineData("\u0301a", "\u0301a")]
    [InlineData("xe\u0301ye\u0301", "x\u00E9y\u00E9")]
    [InlineData("\uD834e\u0301\uDD60", "\uD834\u00E9\uDD60")]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    public void Apply_GivesKnownForms(string text, string expected) => Assert.Equal(Escaped(expected), Escaped(Apply(text)));

    [Fact]
    public void Apply_DoesAsTheBaseClassLibraryDoes()
    {
        Assert.SkipWhen("e\u0301".Normalize() != "\u00E9", "This program's globalization is invariant: the library normalizes nothing.");
        Rune[] characters = [.. Enumerable.Range(0, 0x110000).Where(IsOf9).Select(value => new Rune(value))];
        foreach (Rune character in characters)
            Assert.Equal(character.ToString().Normalize(), Apply(character.ToString()));
        Rune[] changing = [.. characters.Where(character => !character.ToString().IsNormalized(NormalizationForm.FormD)
            || Rune.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark)];
        Gen<string> nasty = Gen.Frequency(
            (6, Gen.Int[0, changing.Length - 1].Select(i => changing[i].ToString())),
            (2, Gen.OneOf("a", "e", "\u0301", "\u0323", "\u0316", "\u05B0", "\u1100", "\u1161", "\u11A8", "\uAC00", " ", "x")),
            (1, Gen.Int[0, characters.Length - 1].Select(i => characters[i].ToString())));
        nasty.List[0, 16].Select(string.Concat).Sample(text => Assert.Equal(Escaped(text.Normalize()), Escaped(Apply(text))), iter: 50_000);
    }

    [Fact]
    public void Apply_OfManyMarksTakesNoQuadraticTime()
    {
        // Marks of two classes in turn: each second one moves past half of the others.
        string text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0316", 500_000));
        string normalized = Apply(text);
        Assert.Equal('\u00E1', normalized[0]);
        Assert.Equal(new string('\u0316', 500_000), normalized[1..500_001]);
    }

    [Fact]
    public void Encode_NormalizesWhereTheVocabularySaysSo()
    {
        string[] pieces = [.. Enumerable.Range(0, 256).Select(b => PublishedRanks.Named([(byte)b])), "Ã©"];
        TokenKind[] kinds = [.. pieces.Select(_ => TokenKind.Normal)];
        BytePairTokenizer nfc = BytePairTokenizer.FromMerges(pieces, kinds, ["Ã ©"], new BytePairOptions { Nfc = true });
        Assert.Equal([256], nfc.Encode("e\u0301"));
        Assert.Equal(3, BytePairTokenizer.FromMerges(pieces, kinds, ["Ã ©"]).Encode("e\u0301").Length);

        // The most that a text can grow.
        string longest = string.Concat(Enumerable.Repeat("\U0001D160\uFB2C", 50));
        Assert.Equal(50 * 18, nfc.Encode(longest).Length);
    }

    /// <summary>What Unicode 9.0 knew: the tables are its own, so later characters stay as they are.</summary>
    private static bool IsOf9(int value) =>
        Rune.IsValid(value) && CharUnicodeInfo.GetUnicodeCategory(value) != UnicodeCategory.OtherNotAssigned
            && !s_later.Any(range => value >= range.First && value <= range.Last);

    /// <summary>Blocks with marks or compositions that came later.</summary>
    private static readonly (int First, int Last)[] s_later =
    [
        (0x07FD, 0x07FD), (0x0898, 0x08D3), (0x08E2, 0x08E2), (0x09FE, 0x09FE), (0x0AFA, 0x0AFF), (0x0B55, 0x0B55), (0x0C3C, 0x0C3C),
        (0x0CF3, 0x0CF3), (0x0D00, 0x0D00),
        (0x0D3B, 0x0D3C), (0x0EBA, 0x0ECE), (0x1715, 0x1715), (0x180F, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20F1, 0x20FF),
        (0xA82C, 0xA82C), (0xA8FF, 0xA8FF), (0x10000, 0x1CFFF), (0x1E000, 0x1FFFF),
        (0x1D200, 0x1D2FF),
    ];

    private static string Apply(string text)
    {
        char[]? buffer = null;
        return NormalizationFormC.Apply(text, ref buffer).ToString();
    }

    private static string Escaped(string text) => string.Join(' ', text.Select(c => ((int)c).ToString("X4", CultureInfo.InvariantCulture)));
}
