using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using CsCheck;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

public class BytePairEncodingTests
{
    // Few letters, so that most neighbours are pieces, runs are frequent and scores tie.
    private static readonly Gen<string> s_alphabet = Gen.OneOf("a", "b", "c", " ", "é", "日", "🙂", "\u0007");
    private static readonly Gen<string> s_piece = s_alphabet.List[1, 4].Select(string.Concat);
    private static readonly Gen<string> s_text = Gen.OneOf(s_alphabet, Gen.OneOf("\u2581", "z", "\0")).List[1, 30].Select(string.Concat);
    private static readonly Gen<TestToken> s_token = Gen.Select(
        s_piece, Gen.OneOf(Gen.Int[-6, 0].Select(i => (float)i), Gen.OneOf(-1e9f, -2e10f, -0f)),
        (name, score) => new TestToken(name, score));

    private static readonly Gen<TestToken[]> s_tokens = s_token.List[1, 40].Select(tokens => tokens.DistinctBy(t => t.Name).ToArray());

    [Fact]
    public void Llama2cTokenizer_EncodesLikeTheGreedySearch() =>
        Gen.Select(s_tokens, s_text).Sample((tokens, text) =>
        {
            // llama2.c cannot do without a token for a space.
            TestVocabulary vocabulary = TestVocabulary.With(bytes: true, [.. tokens.Where(t => t.Name != " "), new(" ", -3)]);
            Assert.Equal(PlainEncoders.Llama2c(vocabulary, text), vocabulary.FromTokenizerBin().Encode(text));
        }, iter: 2000);

    [Fact]
    public void SentencePieceTokenizer_EncodesLikeTheGreedySearch() =>
        Gen.Select(s_tokens, s_text, Gen.Bool, Gen.Bool).Sample((tokens, text, bytes, userDefined) =>
        {
            TestToken[] pieces =
                [.. tokens.Select((t, i) => t with { Kind = userDefined && i % 4 == 0 ? TokenKind.UserDefined : TokenKind.Normal })];
            TestVocabulary vocabulary = TestVocabulary.With(bytes, pieces);
            List<int> expected = PlainEncoders.SentencePiece(vocabulary, text);
            Assert.Equal(expected, vocabulary.FromPieces().Encode(text));
            Assert.Equal(expected, vocabulary.FromModel().Encode(text));
        }, iter: 2000);

    [Fact]
    public void Encode_MergesTheLeftmostOfEqualScoresFirst()
    {
        TestVocabulary vocabulary = TestVocabulary.With(false, new("a"), new("aa", -1), new(" ", -2));
        Assert.Equal(vocabulary.Ids(" ", "aa", "aa", "a"), vocabulary.FromPieces().Encode("aaaaa"));
    }

    [Fact]
    public void Encode_MergesTheHighestScoreFirst()
    {
        TestVocabulary vocabulary = TestVocabulary.With(false, new("a"), new("b"), new("c"), new("ab", -2), new("bc", -1), new(" ", -3));
        Assert.Equal(vocabulary.Ids(" ", "a", "bc"), vocabulary.FromPieces().Encode("abc"));
    }

    [Fact]
    public void Encode_CountsMinusZeroAsZero()
    {
        TestVocabulary vocabulary = TestVocabulary.With(false, new("a"), new("b"), new("c"), new("ab", -0f), new("bc", 0f), new(" ", -3));
        Assert.Equal(vocabulary.Ids(" ", "ab", "c"), vocabulary.FromPieces().Encode("abc"));
    }

    [Fact]
    public void Encode_SplitsUnusedPiecesAgain()
    {
        TestVocabulary vocabulary = TestVocabulary.With(
            true, new("a"), new("b"), new("c"), new("ab", -1, TokenKind.Unused), new("abc", -2), new("abab", -3, TokenKind.Unused),
            new(" ", -9));
        SentencePieceTokenizer tokenizer = vocabulary.FromPieces();
        Assert.Equal(vocabulary.Ids(" ", "abc"), tokenizer.Encode("abc"));
        Assert.Equal(vocabulary.Ids(" ", "a", "b", "a", "b"), tokenizer.Encode("abab"));
        Assert.Equal(vocabulary.Ids(" ", "a", "b", "<0xC3>", "<0xA9>"), tokenizer.Encode("abé"));
    }

    [Fact]
    public void Encode_OfALongTextTakesNoQuadraticTime()
    {
        string[] pieces = [.. Enumerable.Range(0, 12).Select(i => new string('a', 1 << i)),
            .. Enumerable.Range(0, 12).Select(i => " " + new string('a', 1 << i)), " "];
        TestVocabulary vocabulary = TestVocabulary.Of(true, pieces.Reverse());
        SentencePieceTokenizer tokenizer = vocabulary.FromPieces();
        string text = string.Concat(Enumerable.Range(0, 400_000).Select(i => i % 977 == 0 ? 'é' : 'a'));
        Stopwatch watch = Stopwatch.StartNew();
        int[] tokens = tokenizer.Encode(text);
        watch.Stop();
        Assert.Equal(text, tokenizer.Decode(tokens));
        // About a tenth of a second; a search of all pairs for each merge would take hours.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It took {watch.Elapsed}.");
    }
}
