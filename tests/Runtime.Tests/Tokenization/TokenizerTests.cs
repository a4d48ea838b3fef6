using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

public class TokenizerTests
{
    private static readonly TestVocabulary s_vocabulary =
        TestVocabulary.Of(true, " t", "he", " the", "é", "日本", "t", "h", "e", " ", "日", "本", "  ", "\n");

    private static readonly TestVocabulary s_withoutBytes = TestVocabulary.Of(false, " t", "he", " the", "t", "h", "e", " ");

    public static TheoryData<string> Kinds => ["pieces", "tokenizer.bin", "model"];

    private static Tokenizer Make(string kind, TestVocabulary vocabulary) => kind switch
    {
        "pieces" => vocabulary.FromPieces(),
        "tokenizer.bin" => vocabulary.FromTokenizerBin(),
        _ => vocabulary.FromModel(),
    };

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_PutsASpaceBeforeTheText(string kind) =>
        Assert.Equal(s_vocabulary.Ids(" the"), Make(kind, s_vocabulary).Encode("the"));

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_OfNothingIsNothing(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        Assert.Empty(tokenizer.Encode(""));
        Assert.Equal([1, 2], tokenizer.Encode("", addBos: true, addEos: true));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_KeepsSpaces(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        Assert.Equal(s_vocabulary.Ids("  "), tokenizer.Encode(" "));
        Assert.Equal(s_vocabulary.Ids("  ", " the", "  ", " "), tokenizer.Encode("  the   "));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_SpellsCharactersWithoutAPieceInBytes(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        Assert.Equal(s_vocabulary.Ids(" ", "<0xF0>", "<0x9F>", "<0x99>", "<0x82>"), tokenizer.Encode("🙂"));
        Assert.Equal(s_vocabulary.Ids(" t", "<0x07>", "he", "\n", "<0x00>"), tokenizer.Encode("t\u0007he\n\0"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_KnowsCharactersOfSeveralBytes(string kind) =>
        Assert.Equal(s_vocabulary.Ids(" ", "é", "日本", "日"), Make(kind, s_vocabulary).Encode("é日本日"));

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_CountsHalfASurrogateAsTheReplacementCharacter(string kind) =>
        Assert.Equal(s_vocabulary.Ids(" ", "<0xEF>", "<0xBF>", "<0xBD>", "e"), Make(kind, s_vocabulary).Encode("\uD83De"));

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_MakesARunOfUnknownCharactersOneToken(string kind) =>
        Assert.Equal(s_withoutBytes.Ids(" t", "<unk>", "he", "<unk>"), Make(kind, s_withoutBytes).Encode("tzé🙂hex"));

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_AddsBosAndEosWhereAsked(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        int the = s_vocabulary.Id(" the");
        Assert.Equal([1, the], tokenizer.Encode("the", addBos: true));
        Assert.Equal([the, 2], tokenizer.Encode("the", addEos: true));
        Assert.True(tokenizer.AddBos);
        Assert.False(tokenizer.AddEos);
    }

    [Theory]
    [InlineData("pieces")]
    [InlineData("model")]
    public void Encode_TakesTheLowerBlockForASpace(string kind) =>
        Assert.Equal(s_vocabulary.Ids("  ", " the"), Make(kind, s_vocabulary).Encode("\u2581\u2581the"));

    [Fact]
    public void Encode_OfLlama2cSpellsTheLowerBlockInBytes() =>
        Assert.Equal(s_vocabulary.Ids(" ", "<0xE2>", "<0x96>", "<0x81>"), s_vocabulary.FromTokenizerBin().Encode("\u2581"));

    [Theory]
    [InlineData("pieces")]
    [InlineData("model")]
    public void Encode_NeverMakesControlOrByteTokensOfText(string kind)
    {
        TestVocabulary vocabulary = TestVocabulary.Of(true, " ", "<", "s", ">", "/", "<s", "0", "x", "A", "<0", "<0x", "<0x0", "<0x0A");
        Tokenizer tokenizer = Make(kind, vocabulary);
        Assert.Equal(vocabulary.Ids(" ", "<s", ">"), tokenizer.Encode("<s>"));
        Assert.Equal(vocabulary.Ids(" ", "<0x0A", ">"), tokenizer.Encode("<0x0A>"));
    }

    [Fact]
    public void Encode_WritesTheSameIntoAListAndASpan()
    {
        Tokenizer tokenizer = s_vocabulary.FromPieces();
        int[] expected = tokenizer.Encode("the é", true, true);
        List<int> list = [7];
        tokenizer.Encode("the é", list, true, true);
        Assert.Equal([7, .. expected], list);

        int[] span = new int[expected.Length];
        Assert.True(tokenizer.TryEncode("the é", span, out int count, true, true));
        Assert.Equal(expected.Length, count);
        Assert.Equal(expected, span);
        Assert.False(tokenizer.TryEncode("the é", span.AsSpan(1), out count, true, true));
        Assert.Equal(0, count);
    }

    [Fact]
    public void Encode_RefusesMarksThatTheVocabularyLacks()
    {
        Tokenizer tokenizer = s_vocabulary.FromPieces(new SentencePieceOptions { BosId = -1, EosId = -1 });
        Assert.False(tokenizer.AddBos);
        Assert.Contains(
            "BOS", Assert.Throws<InvalidOperationException>(() => tokenizer.Encode("the", addBos: true)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "EOS", Assert.Throws<InvalidOperationException>(() => tokenizer.Encode("the", addEos: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_WithoutSpacePrefixAddsNone()
    {
        Tokenizer tokenizer = s_vocabulary.FromPieces(new SentencePieceOptions { SpacePrefix = SpacePrefix.None });
        int[] tokens = tokenizer.Encode("the the");
        Assert.Equal(s_vocabulary.Ids("t", "he", " the"), tokens);
        Assert.Equal("the the", tokenizer.Decode(tokens));
        Assert.Equal(" the", tokenizer.Decode(tokenizer.Encode(" the")));
    }

    [Fact]
    public void Encode_RemovesExtraSpacesWhereTheModelSaysSo()
    {
        Tokenizer tokenizer = s_vocabulary.FromModel((4, 1));
        Assert.Equal(s_vocabulary.Ids(" the", " the"), tokenizer.Encode("   the    the  "));
        Assert.Empty(tokenizer.Encode("    "));
        Assert.Equal("the", tokenizer.Decode(s_vocabulary.Ids(" ", " ", " the")));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Decode_GivesTheTextBack(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        Gen.Char.List[0, 40].Select(chars => string.Concat(chars)).Sample(text =>
        {
            string expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            if (kind != "tokenizer.bin")
                expected = expected.Replace('\u2581', ' ');
            Assert.Equal(expected, tokenizer.Decode(tokenizer.Encode(text, addBos: true)));
        }, iter: 3000);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Decode_DropsOneSpaceAtTheStart(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        Assert.Equal("the the", tokenizer.Decode(s_vocabulary.Ids(" the", " the")));
        Assert.Equal(" the", tokenizer.Decode(s_vocabulary.Ids(" ", " the")));
        Assert.Equal(" the", tokenizer.Decode([1, s_vocabulary.Id("  "), s_vocabulary.Id("t"), s_vocabulary.Id("he")]));
        Assert.Equal("the the", tokenizer.Decode([s_vocabulary.Id(" the"), 2, 1, s_vocabulary.Id(" the")]));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Decode_ReplacesBytesThatAreNoText(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        Assert.Equal("the\uFFFD the", tokenizer.Decode(s_vocabulary.Ids(" the", "<0xE6>", " the")));
        Assert.Equal("日", tokenizer.Decode(s_vocabulary.Ids("<0xE6>", "<0x97>", "<0xA5>")));
        Assert.Equal(" ", tokenizer.Decode(s_vocabulary.Ids("<0x20>")));
    }

    [Fact]
    public void Decode_ShowsTheUnknownToken()
    {
        Assert.Equal("the \u2047  the", s_vocabulary.FromPieces().Decode(s_vocabulary.Ids(" the", "<unk>", " the")));
        Assert.Equal("the<unk> the", s_vocabulary.FromTokenizerBin().Decode(s_vocabulary.Ids(" the", "<unk>", " the")));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void GetPiece_RefusesTokensOutsideTheVocabulary(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        foreach (int token in (int[])[-1, tokenizer.VocabSize, int.MaxValue, int.MinValue])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.GetPiece(token).Length);
            Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.GetKind(token));
            Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([token]));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void TryGetId_FindsTokensByName(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        foreach (string name in (string[])["<unk>", "<0x0A>", "he", "日本"])
        {
            Assert.True(tokenizer.TryGetId(name, out int token));
            Assert.Equal(s_vocabulary.Id(name), token);
        }
        Assert.False(tokenizer.TryGetId("no such piece", out _));
        if (kind != "tokenizer.bin")
        {
            Assert.True(tokenizer.TryGetId("</s>", out int eos));
            Assert.Equal(tokenizer.EosId, eos);
            Assert.True(tokenizer.TryGetId("\u2581the", out int the));
            Assert.Equal(s_vocabulary.Id(" the"), the);
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void GetKind_TellsWhatATokenIs(string kind)
    {
        Tokenizer tokenizer = Make(kind, s_vocabulary);
        Assert.Equal(s_vocabulary.Tokens.Count, tokenizer.VocabSize);
        Assert.Equal((1, 2, 0), (tokenizer.BosId, tokenizer.EosId, tokenizer.UnknownId));
        Assert.Equal(s_vocabulary.Tokens.Select(t => t.Kind), Enumerable.Range(0, tokenizer.VocabSize).Select(tokenizer.GetKind));
    }

    [Fact]
    public void FromPieces_RefusesArraysThatDoNotFit()
    {
        Refuses("3 pieces, but 2 scores", ["<unk>", "a", "b"], [0, 0], [TokenKind.Unknown, TokenKind.Normal, TokenKind.Normal]);
        Refuses("3 pieces, but 1 token types", ["<unk>", "a", "b"], [0, 0, 0], [TokenKind.Unknown]);
        Refuses("no tokens", [], [], []);
        Assert.Equal([0], SentencePieceTokenizer.FromPieces(["<unk>", "<s>", "</s>"], [0, float.NegativeInfinity, 0],
            [TokenKind.Unknown, TokenKind.Control, TokenKind.Control]).Encode("a"));
        Refuses("score of token 1 is NaN", ["<unk>", "a"], [0, float.NaN], [TokenKind.Unknown, TokenKind.Normal]);
        Refuses("token 1 is of kind 9", ["<unk>", "a"], [0, 0], [TokenKind.Unknown, (TokenKind)9]);
        Refuses("its name is '<0xZZ>'", ["<unk>", "<0xZZ>"], [0, 0], [TokenKind.Unknown, TokenKind.Byte]);
        Refuses("neither an unknown token", ["a"], [0], [TokenKind.Normal], new SentencePieceOptions { BosId = -1, EosId = -1 });
        Refuses("BosId = 1, but there are 1 tokens", ["<unk>"], [0], [TokenKind.Unknown]);

        static void Refuses(string message, string[] pieces, float[] scores, TokenKind[] kinds, SentencePieceOptions? options = null) =>
            Assert.Contains(
                message,
                Assert.Throws<ModelFormatException>(() => SentencePieceTokenizer.FromPieces(pieces, scores, kinds, options)).Message,
                StringComparison.Ordinal);
    }
}
