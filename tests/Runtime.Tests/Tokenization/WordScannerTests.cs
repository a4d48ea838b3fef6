using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text;
using CsCheck;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

public class WordScannerTests
{
    public static TheoryData<PreTokenizer> Kinds => [.. Enum.GetValues<PreTokenizer>().Where(kind => kind != PreTokenizer.SentencePiece)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Next_CutsAsThePublishedExpressionsDo(PreTokenizer kind) =>
        NastyText.WellFormed.Sample(
            text => Assert.Equal(PlainWords.Cut(kind, text).Where(word => word.Length > 0), Cut(kind, text)), iter: 20_000);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Next_CutsEachCharacterAsThePublishedExpressionsDo(PreTokenizer kind)
    {
        for (int c = 0; c <= 0x10FFFF; c += c < 0x3100 ? 1 : 31)
        {
            if (!Rune.IsValid(c))
                continue;
            string text = $"a{new Rune(c)}1 {new Rune(c)}\n";
            Assert.Equal(PlainWords.Cut(kind, text), Cut(kind, text));
        }
    }

    [Theory]
    [InlineData(PreTokenizer.Llama3, "I'LL pay 12345 €!\r\n  ok", "I", "'LL", " pay", " ", "123", "45", " €!\r\n", " ", " ok")]
    [InlineData(PreTokenizer.Qwen2, "x=12\n\n y", "x", "=", "1", "2", "\n\n", " y")]
    [InlineData(PreTokenizer.SmolLM, "a  12 b's", "a", "  ", "1", "2", " b", "'s")]
    [InlineData(PreTokenizer.Gpt2, "a  12 b'S", "a", " ", " 12", " b", "'", "S")]
    [InlineData(PreTokenizer.Qwen35, "e\u0301t 12", "e\u0301t", " ", "1", "2")]
    [InlineData(PreTokenizer.Gpt4o, "HelloWorld's JSONFile 1234 a//\n", "Hello", "World's", " JSONFile", " ", "123", "4", " a", "//\n")]
    [InlineData(PreTokenizer.Tekken, "HelloWorld's 12 日A", "Hello", "World", "'s", " ", "1", "2", " 日", "A")]
    [InlineData(
        PreTokenizer.DeepSeek3, "テスト・x 12345漢字_ab\u0007\u0007c", "テスト", "・", "x", " ", "123", "45", "漢字", "_ab", "\u0007", "\u0007c")]
    [InlineData(PreTokenizer.Default, "f(x) = 12345;", "f", "(", "x", ")", " ", "=", " ", "123", "45", ";")]
    public void Next_CutsKnownTexts(PreTokenizer kind, string text, params string[] words) => Assert.Equal(words, Cut(kind, text));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Next_OfALongTextTakesNoQuadraticTime(PreTokenizer kind)
    {
        Stopwatch watch = Stopwatch.StartNew();
        foreach (string unit in (string[])["a", "1", " ", "\n", " \n", "!", "'", "é", "🙂", "٣", "a1", " 1", "A", "日A", "\u0301A", "aA",
            "日", "・", "\u0007", "\u0301", "!a", " A"])
        {
            string text = string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length));
            Assert.Equal(text.Length, Cut(kind, text).Sum(word => word.Length));
        }
        // A second or so; a scan of the rest for each word would take hours.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"It took {watch.Elapsed}.");
    }

    private static List<string> Cut(PreTokenizer kind, string text)
    {
        List<string> words = [];
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        while (!rest.IsEmpty)
        {
            int length = WordScanner.Next(kind, rest);
            words.Add(Encoding.UTF8.GetString(rest[..length]));
            rest = rest[length..];
        }
        return words;
    }
}
