using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Tokenization;
using Microsoft.ML.Tokenizers;
using PreTokenizer = Llamalith.Tokenization.PreTokenizer;

namespace Llamalith.Tests.Tokenization;

public class BytePairTokenizerTests
{
    private static readonly string[] s_bytes = [.. Enumerable.Range(0, 256).Select(b => PublishedRanks.Named([(byte)b]))];

    /// <summary>Merges of a few bytes, each of what those before it made; ids from 256 on.</summary>
    private static readonly Gen<string[]> s_merges = Gen.Select(Gen.Int[0, 999], Gen.Int[0, 999]).List[1, 40].Select(picks =>
    {
        List<string> pieces = ["a", "b", "Ġ", "Ã", "©", "1", "'"];
        List<string> merges = [];
        foreach ((int left, int right) in picks)
        {
            string first = pieces[left % pieces.Count], second = pieces[right % pieces.Count];
            if (first.Length + second.Length > 6 || pieces.Contains(first + second))
                continue;
            merges.Add($"{first} {second}");
            pieces.Add(first + second);
        }
        return merges.ToArray();
    });

    private static readonly Gen<PreTokenizer> s_words = Gen.Enum<PreTokenizer>().Where(kind => kind != PreTokenizer.SentencePiece);

    private static readonly Gen<string> s_text =
        Gen.Frequency((6, Gen.OneOf("a", "b", " ", "é", "1", "'")), (1, NastyText.Any)).List[0, 24].Select(string.Concat);

    [Fact]
    public void Encode_MergesLikeThePlainSearch() =>
        Gen.Select(s_merges, s_text, s_words, Gen.Bool).Sample((merges, text, kind, ignore) =>
        {
            BytePairTokenizer tokenizer = Of(merges, new BytePairOptions { PreTokenizer = kind, IgnoreMerges = ignore });
            int[] expected = [.. PlainWords.Cut(kind, NastyText.Repaired(text)).Where(word => word.Length > 0)
                .SelectMany(word => Plain(merges, word, ignore))];
            Assert.Equal(expected, tokenizer.Encode(text));
            // Now from what it remembers of whole words.
            Assert.Equal(expected, tokenizer.Encode(text));
            Assert.Equal(NastyText.Repaired(text), tokenizer.Decode(expected));
        }, iter: 5000);

    [Fact]
    public void Cl100k_EncodesLikeAnIndependentImplementation() =>
        Compare(PublishedRanks.Cl100k.ToTokenizer(new BytePairOptions { PreTokenizer = PreTokenizer.Llama3, IgnoreMerges = true }),
            TiktokenTokenizer.CreateForEncoding("cl100k_base"), 20_000);

    [Fact]
    public void Gpt2_EncodesLikeAnIndependentImplementation() =>
        Compare(PublishedRanks.Gpt2.ToTokenizer(new BytePairOptions { PreTokenizer = PreTokenizer.Gpt2 }),
            TiktokenTokenizer.CreateForModel("gpt2"), 20_000);

    [Fact]
    public void Encode_OfAWordThatIsATokenFollowsTheMergesUnlessToldOtherwise()
    {
        // "abc" is a token that merging never makes: "ab" comes first.
        string[] pieces = [.. s_bytes, "ab", "bc", "abc"];
        TokenKind[] kinds = [.. pieces.Select(_ => TokenKind.Normal)];
        string[] merges = ["a b", "b c", "a bc"];
        Assert.Equal([256, 'c'], BytePairTokenizer.FromMerges(pieces, kinds, merges).Encode("abc"));
        Assert.Equal([258], BytePairTokenizer.FromMerges(pieces, kinds, merges, new BytePairOptions { IgnoreMerges = true }).Encode("abc"));
    }

    [Fact]
    public void Encode_TakesMarksForTextUnlessTold()
    {
        BytePairTokenizer tokenizer = WithMarks();
        string text = "a<|eot_id|>b<|x|>";
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.DoesNotContain(256, tokenizer.Encode(text));
        Assert.Equal(['a', 256, 'b', 258], tokenizer.Encode(text, parseSpecial: true));
        Assert.Equal([257, 'a', 256, 'b', 258], tokenizer.Encode(text, addBos: true, parseSpecial: true));
        Assert.Equal([257, 'a'], tokenizer.Encode("<s>a", addBos: true, parseSpecial: true));
        Assert.Equal([257, 'a', 257], tokenizer.Encode("a<s>", addBos: true, parseSpecial: true));
        Assert.Equal("ab", tokenizer.Decode([257, 'a', 256, 'b']));
    }

    [Fact]
    public void Encode_RecognizesTheLongestUserDefinedTokenFirst()
    {
        BytePairTokenizer tokenizer = WithMarks();
        Assert.Equal(['a', 259, 260, 'b'], tokenizer.Encode("a<think><think>>b"));
        Assert.Equal("a<think><think>>b", tokenizer.Decode(['a', 259, 260, 'b']));
    }

    [Fact]
    public void Names_FindTheirTokens()
    {
        BytePairTokenizer tokenizer = WithMarks();
        for (int id = 0; id < tokenizer.VocabSize; id++)
        {
            Assert.True(tokenizer.TryGetId(tokenizer.GetName(id), out int found));
            Assert.Equal(id, found);
        }
        Assert.True(tokenizer.TryGetId("Ġ", out int space));
        Assert.Equal(' ', space);
        Assert.False(tokenizer.TryGetId("no such token", out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.GetName(tokenizer.VocabSize));
    }

    [Fact]
    public void Encode_AllocatesNothingButItsResult()
    {
        BytePairTokenizer tokenizer = PublishedRanks.Cl100k.ToTokenizer(new BytePairOptions { PreTokenizer = PreTokenizer.Llama3 });
        string text = string.Concat(Enumerable.Repeat("Once upon a time, unbelievablyandwithoutspaces 12345 日本語 🦙\n", 20));
        int[] tokens = new int[Llamalith.Tokenization.Tokenizer.MaxTokens(text.Length)];
        Assert.True(tokenizer.TryEncode(text, tokens, out _));
        Assert.Equal(0, Allocations.Least(() => tokenizer.TryEncode(text, tokens, out _)));
    }

    [Fact]
    public void Encode_OfALongWordTakesNoQuadraticTime()
    {
        string[] merges = [.. Enumerable.Range(0, 12).Select(i => $"{new string('a', 1 << i)} {new string('a', 1 << i)}")];
        BytePairTokenizer tokenizer = Of(merges, new BytePairOptions { PreTokenizer = PreTokenizer.Llama3 });
        string text = string.Concat(Enumerable.Range(0, 1_000_000).Select(i => i % 977 == 0 ? 'b' : 'a'));
        Stopwatch watch = Stopwatch.StartNew();
        int[] tokens = tokenizer.Encode(text);
        watch.Stop();
        Assert.Equal(text, tokenizer.Decode(tokens));
        // Some tenths of a second; a search of all pairs for each merge would take hours.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public void FromMerges_RefusesWhatCannotBe()
    {
        string[] pieces = [.. s_bytes, "ab"];
        TokenKind[] kinds = [.. pieces.Select(_ => TokenKind.Normal)];
        Refused("'ac'", pieces, kinds, ["a b", "a c"]);
        Refused("'zz'", pieces, kinds, ["zz b"]);
        Refused("merge 0", pieces, kinds, ["ab"]);
        Refused("merge 0", pieces, kinds, [" "]);
        Refused("merge 0", pieces, kinds, [""]);
        Refused("no byte", pieces, kinds, ["日 本"]);
        Refused("256 token types", pieces, kinds[1..], ["a b"]);
        Refused("0x61", [.. pieces.Select(piece => piece == "a" ? "aa" : piece)], kinds, []);
        Refused("BosId = 400", pieces, kinds, ["a b"], new BytePairOptions { BosId = 400 });
        Refused("no tokens", [], [], []);
        Refused("of kind 9", pieces, [.. kinds[1..], (TokenKind)9], ["a b"]);

        static void Refused(string wanted, string[] pieces, TokenKind[] kinds, string[] merges, BytePairOptions? options = null) =>
            Assert.Contains(
            wanted, Assert.Throws<ModelFormatException>(() => BytePairTokenizer.FromMerges(pieces, kinds, merges, options)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_GivesTheUnknownTokenForBytesWithoutAPiece()
    {
        string[] pieces = ["a", "b", "<unk>"];
        BytePairTokenizer tokenizer = BytePairTokenizer.FromMerges(
            pieces, [TokenKind.Normal, TokenKind.Normal, TokenKind.Control], [], new BytePairOptions { UnknownId = 2 });
        Assert.Equal([0, 2, 1], tokenizer.Encode("a日b"));
    }

    [Fact]
    public void FromMerges_LetsNoTextBecomeAMark()
    {
        string[] pieces = [.. s_bytes, "ab"];
        TokenKind[] kinds = [.. pieces.Select((_, id) => id == 256 ? TokenKind.Control : TokenKind.Normal)];
        Assert.Equal([(int)'a', 'b'], BytePairTokenizer.FromMerges(pieces, kinds, ["a b"]).Encode("ab"));
    }

    private static void Compare(BytePairTokenizer ours, TiktokenTokenizer theirs, int count) => NastyText.WellFormed.Sample(
        text =>
        {
            // .NET's expressions see halves of characters: of letters and digits beyond U+FFFF, and of the one other character that may
            // stand before a letter in a word. They see no case of s in the long s.
            Rune[] runes = [.. text.EnumerateRunes()];
            bool halved = runes.Index().Any(at => !at.Item.IsBmp && (Rune.GetUnicodeCategory(at.Item) <= UnicodeCategory.OtherNumber
                || (at.Index + 1 < runes.Length && Rune.IsLetter(runes[at.Index + 1]))));
            if (halved || text.Contains('\u017F', StringComparison.Ordinal))
                return;
            int[] tokens = ours.Encode(text);
            Assert.Equal(theirs.EncodeToIds(text), tokens);
            Assert.Equal(text, ours.Decode(tokens));
        }, iter: count);

    private static BytePairTokenizer WithMarks()
    {
        string[] pieces = [.. s_bytes, "<|eot_id|>", "<s>", "<|x|>", "<think>", "<think>>"];
        TokenKind[] kinds =
            [.. pieces.Select((_, id) => id < 256 ? TokenKind.Normal : id < 259 ? TokenKind.Control : TokenKind.UserDefined)];
        return BytePairTokenizer.FromMerges(pieces, kinds, [], new BytePairOptions { BosId = 257, EotId = 256 });
    }

    private static BytePairTokenizer Of(string[] merges, BytePairOptions options)
    {
        string[] pieces = [.. s_bytes, .. merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal))];
        return BytePairTokenizer.FromMerges(pieces, [.. pieces.Select(_ => TokenKind.Normal)], merges, options);
    }

    /// <summary>Byte-pair encoding as plainly as it can be said.</summary>
    private static IEnumerable<int> Plain(string[] merges, string word, bool ignoreMerges)
    {
        List<string> pieces = [.. s_bytes, .. merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal))];
        string name = PublishedRanks.Named(Encoding.UTF8.GetBytes(word));
        if (ignoreMerges && pieces.Contains(name))
            return [pieces.IndexOf(name)];
        List<string> parts = [.. name.Select(c => c.ToString())];
        foreach (string merge in merges)
        {
            // A list's later merges need what its earlier ones made, so that they can be done one after the other.
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                if ($"{parts[i]} {parts[i + 1]}" == merge)
                {
                    parts[i] += parts[i + 1];
                    parts.RemoveAt(i + 1);
                }
            }
        }
        return parts.Select(part => pieces.IndexOf(part));
    }
}
