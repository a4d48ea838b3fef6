using System.Collections.Generic;
using System.Linq;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tests.Tools;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Tests.Tokenization;

/// <summary>Tokenizers that went through a GGUF file.</summary>
internal static class GgufRoundTrip
{
    /// <summary>The tokenizer that a file with this metadata has.</summary>
    public static Tokenizer Of(TempFolder folder, GgufTokenizerMetadata metadata)
    {
        Write(folder["t.gguf"], metadata);
        return TokenizerLoader.Open(folder["t.gguf"]);
    }

    /// <summary>A model with a tokenizer.</summary>
    public static void Write(string path, GgufTokenizerMetadata metadata) => RandomModel.Write(
        path, SmallModels.Shape with { Dim = 32, HeadDim = 8, FfnDim = 32, VocabSize = metadata.Tokens.Length }, QuantizationPreset.Q8_0,
        new RandomModelOptions { Tokenizer = metadata });

    /// <summary>What another program writes of a SentencePiece vocabulary: none of our keys.</summary>
    public static GgufTokenizerMetadata Foreign(TestVocabulary vocabulary) => new()
    {
        Model = "llama",
        Tokens = [.. vocabulary.Tokens.Select(token => token.Name.Replace(' ', '\u2581'))],
        Scores = [.. vocabulary.Tokens.Select(token => token.Score)],
        TokenTypes = [.. vocabulary.Tokens.Select(token => (int)token.Kind)],
        BosId = 1,
        EosId = 2,
    };

    public static void AssertSame(Tokenizer expected, Tokenizer actual)
    {
        Assert.Equal(expected.VocabSize, actual.VocabSize);
        Assert.Equal(expected.Ends.Tokens, (IEnumerable<int>)actual.Ends.Tokens);
        Assert.Equal(
            (expected.BosId, expected.EosId, expected.EotId, expected.UnknownId, expected.AddBos, expected.AddEos,
                expected.AddsLeadingSpace, expected.DropsLeadingSpaces),
            (actual.BosId, actual.EosId, actual.EotId, actual.UnknownId, actual.AddBos, actual.AddEos, actual.AddsLeadingSpace,
                actual.DropsLeadingSpaces));
        for (int id = 0; id < expected.VocabSize; id++)
            Assert.Equal((expected.GetName(id), expected.GetKind(id)), (actual.GetName(id), actual.GetKind(id)));
    }
}
