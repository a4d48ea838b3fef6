using System;
using System.Collections.Immutable;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tests.Tools;

/// <summary>Models small enough to convert many times.</summary>
internal static class SmallModels
{
    /// <summary>One K-quant block wide, two in the feed-forward network, grouped-query attention.</summary>
    public static ModelShape Shape { get; } = new()
    {
        Dim = 256,
        FfnDim = 512,
        Layers = 2,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 64,
        VocabSize = 128,
        Context = 64,
        TiedEmbeddings = false,
        NormEps = 1e-5,
        RopeTheta = 10000,
        RopeScaling = RopeScaling.None,
        SlidingWindow = 0,
        QkvBias = false,
    };

    public static GgufTokenizerMetadata Tokenizer(int vocabSize) => new()
    {
        Model = "llama",
        Tokens = [.. Enumerable.Range(0, vocabSize).Select(i => $"piece {i} ▁é")],
        Scores = [.. Enumerable.Range(0, vocabSize).Select(i => -i / 3f)],
        TokenTypes = [.. Enumerable.Range(0, vocabSize).Select(i => i < 3 ? 3 : 1)],
        Merges = ImmutableArray<string>.Empty,
        BosId = 1,
        EosId = 2,
        UnknownId = 0,
        AddBos = true,
        AddEos = false,
        AddSpacePrefix = true,
        ChatTemplate = "{{ messages }}",
    };

    /// <summary>Every tensor of a shape, in memory, each element a number of its own.</summary>
    public static MemoryCheckpoint Memory(ModelShape shape, RopeLayout layout = RopeLayout.Interleaved)
    {
        MemoryCheckpoint checkpoint = new(shape, layout);
        Random random = new(5);
        foreach (ModelTensor tensor in ModelTensors.Of(shape))
        {
            float[] elements = new float[tensor.Rows * tensor.Columns];
            for (int i = 0; i < elements.Length; i++)
                elements[i] = (float)(random.NextDouble() - random.NextDouble()) * 0.05f;
            checkpoint.Put(tensor.Name, tensor.Rows, tensor.Columns, elements);
        }

        return checkpoint;
    }
}
