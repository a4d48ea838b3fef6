using System.Collections.Generic;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Tests.Tools;

public sealed class TokenizerMetadataTests
{
    private const string Text = "Once upon a time, there was a naïve  Ωmega 🦙 who wrote 2,048\nlines.";

    [Fact]
    public void ToGguf_OfAVocabularyIsWhatItWasMadeOf()
    {
        string[] pieces = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), "▁a", "b", "▁ab", "é"];
        float[] scores = [.. pieces.Select((_, i) => i < 259 ? 0f : -1.5f * (i - 258))];
        TokenKind[] kinds =
            [.. pieces.Select(
                (_, i) => i == 0 ? TokenKind.Unknown : i < 3 ? TokenKind.Control : i < 259 ? TokenKind.Byte : TokenKind.Normal)];
        GgufTokenizerMetadata metadata = SentencePieceTokenizer.FromPieces(pieces, scores, kinds).ToGguf();
        Assert.Equal("llama", metadata.Model);
        Assert.Equal(pieces, metadata.Tokens);
        Assert.Equal(scores, metadata.Scores);
        Assert.Equal(kinds.Select(kind => (int)kind), metadata.TokenTypes);
        Assert.Equal((1, 2, 0), (metadata.BosId, metadata.EosId, metadata.UnknownId));
        Assert.Equal((true, false, true), (metadata.AddBos, metadata.AddEos, metadata.AddSpacePrefix));
        Assert.Null(metadata.EotId);
    }

    [Theory]
    [InlineData("llama2-tokenizer.model", 32000)]
    [InlineData("llama2-tokenizer.bin", 32000)]
    [InlineData("tok512.bin", 512)]
    public void EmbeddedInAModel_TheTokenizerSpeaksTheSame(string file, int vocabSize)
    {
        SentencePieceTokenizer tokenizer = (SentencePieceTokenizer)TokenizerLoader.Open(SharedData.PathOrSkip(file), vocabSize);
        using TempFolder folder = new();
        RandomModel.Write(
            folder["m.gguf"],
            SmallModels.Shape with { Dim = 32, HeadDim = 8, FfnDim = 32, VocabSize = vocabSize },
            QuantizationPreset.Q8_0,
            new RandomModelOptions { Tokenizer = tokenizer.ToGguf() });
        using GgufCheckpoint model = GgufCheckpoint.Open(folder["m.gguf"]);
        Tokenizer embedded = TokenizerLoader.FromGguf(model.File);
        Assert.Equal(tokenizer.Encode(Text, addBos: true), embedded.Encode(Text, addBos: true));
        Assert.Equal((tokenizer.BosId, tokenizer.EosId, tokenizer.UnknownId), (embedded.BosId, embedded.EosId, embedded.UnknownId));
    }

    [Fact]
    public void Llama2cFile_SaysTheSameAsTheModelItWasMadeOf()
    {
        GgufTokenizerMetadata model =
            ((SentencePieceTokenizer)TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.model"))).ToGguf();
        GgufTokenizerMetadata file = ((SentencePieceTokenizer)TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.bin"))).ToGguf();
        Assert.Equal(model.Tokens, (IEnumerable<string>)file.Tokens);
        Assert.Equal(model.Scores, (IEnumerable<float>)file.Scores);
        Assert.Equal(model.TokenTypes, (IEnumerable<int>)file.TokenTypes);
    }
}
