using System.Collections.Generic;
using System.Linq;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Tests.Tokenization;

/// <summary>Converting a model never changes its tokens: whatever a tokenizer does, the file that is written of it does the same.</summary>
public class GgufRoundTripTests
{
    private static readonly Gen<SpacePrefix> s_prefix = Gen.Enum<SpacePrefix>();
    private static readonly Gen<PreTokenizer> s_words = Gen.Enum<PreTokenizer>();

    [Fact]
    public void BytePairs_AreTheSameAgain() =>
        Gen.Select(s_words, s_prefix, Gen.Int[0, 31], NastyText.Any.Array[8]).Sample(
            (words, prefix, flags, texts) =>
            {
                BytePairTokenizer tokenizer = BytePairs(words, new BytePairOptions
                {
                    PreTokenizer = words,
                    SpacePrefix = prefix,
                    Nfc = (flags & 1) != 0,
                    IgnoreMerges = (flags & 2) != 0,
                    FuseUnknown = (flags & 4) != 0,
                    AddBos = (flags & 8) != 0,
                    AddEos = (flags & 16) != 0,
                    BosId = 1,
                    EosId = 2,
                    EndIds = [3],
                });
                using TempFolder folder = new();
                AssertSame(tokenizer, GgufRoundTrip.Of(folder, tokenizer.ToGguf()), texts);
            }, iter: 200);

    [Fact]
    public void SentencePieces_AreTheSameAgain() =>
        Gen.Select(s_prefix, Gen.Bool, Gen.Bool, Gen.Bool, NastyText.Any.Array[8]).Sample(
            (prefix, nfc, trims, bytes, texts) =>
            {
                TestVocabulary vocabulary = TestVocabulary.With(bytes, new(" a", -1), new("ab", -2), new("a", -3), new("b", -4),
                    new(" ", -5), new("b a", 0, TokenKind.UserDefined), new("é", -6));
                SentencePieceTokenizer tokenizer = vocabulary.FromPieces(new SentencePieceOptions
                {
                    SpacePrefix = prefix,
                    Nfc = nfc,
                    RemoveExtraWhitespaces = trims,
                    UnknownText = trims ? "?" : " \u2047 ",
                    EndIds = [4],
                });
                using TempFolder folder = new();
                AssertSame(tokenizer, GgufRoundTrip.Of(folder, tokenizer.ToGguf()), texts);
            }, iter: 200);

    [Fact]
    public void TokenizerBin_IsTheSameAgain()
    {
        SentencePieceTokenizer tokenizer =
            (SentencePieceTokenizer)TestVocabulary.Of(true, " a", "ab", "a", "b", " ", "é").FromTokenizerBin();
        using TempFolder folder = new();
        Tokenizer again = GgufRoundTrip.Of(folder, tokenizer.ToGguf());
        NastyText.Any.Sample(text => AssertSame(tokenizer, again, [text, $"\u2581a{text}", $"a\n<s>\n{text}"]), iter: 300);
    }

    /// <summary>From a model's file with a tokenizer to a packed one, and to another GGUF file.</summary>
    [Fact]
    public void Files_KeepWhatGgufHasNoKeysFor()
    {
        BytePairTokenizer tokenizer = BytePairs(
            PreTokenizer.SentencePiece,
            new BytePairOptions { PreTokenizer = PreTokenizer.SentencePiece, SpacePrefix = SpacePrefix.WhenMissingAtStart, Nfc = true,
                FuseUnknown = false, BosId = 1, EosId = 2, EndIds = [3] });
        using TempFolder folder = new();
        GgufRoundTrip.Write(folder["m.gguf"], tokenizer.ToGguf());
        using (Checkpoint source = Checkpoint.Open(folder["m.gguf"]))
        {
            ModelPacker.Pack(source, folder["m.llith"], new PackOptions { Target = "avx2", Threads = 1 });
            ModelQuantizer.Quantize(
                source, folder["f.gguf"], QuantizationPreset.F32, new QuantizeOptions { AllowRequantize = true, Threads = 1 });
        }
        foreach (string name in (string[])["m.gguf", "m.llith", "f.gguf"])
        {
            using Checkpoint checkpoint = Checkpoint.Open(folder[name]);
            AssertSame(tokenizer, checkpoint.OpenTokenizer(), ["ab a", " ab", "e\u0301", "zz<x>zz", "<t> a"]);
        }
    }

    private static void AssertSame(Tokenizer expected, Tokenizer actual, IEnumerable<string> texts)
    {
        GgufRoundTrip.AssertSame(expected, actual);
        foreach (string text in texts)
        {
            int[] tokens = expected.Encode(text, parseSpecial: true);
            Assert.Equal(tokens, actual.Encode(text, parseSpecial: true));
            Assert.Equal(expected.Encode(text), actual.Encode(text));
            Assert.Equal(expected.Decode(tokens), actual.Decode(tokens));
            Assert.Equal(expected.Decode(tokens, showSpecial: true), actual.Decode(tokens, showSpecial: true));
        }
    }

    private static BytePairTokenizer BytePairs(PreTokenizer words, BytePairOptions options)
    {
        bool bytes = words != PreTokenizer.SentencePiece;
        string[] marks = ["<unk>", "<s>", "</s>", "<x>", "<|im_end|>", "<t>"];
        TokenKind[] markKinds =
            [TokenKind.Unknown, TokenKind.Control, TokenKind.Control, TokenKind.Control, TokenKind.UserDefined, TokenKind.UserDefined];
        string[] text = bytes ? [.. Enumerable.Range(0, 256).Select(b => PublishedRanks.Named([(byte)b])), "ab", "Ġa", "Ġab", "Ã©"]
            : ["a", "b", "\u2581", "ab", "\u2581a", "\u2581ab", "é"];
        string[] merges = bytes ? ["a b", "Ġ a", "Ġ ab", "Ã ©"] : ["a b", "\u2581 a", "\u2581 ab"];
        return BytePairTokenizer.FromMerges([.. marks, .. text], [.. markKinds, .. text.Select(_ => TokenKind.Normal)], merges, options);
    }
}
