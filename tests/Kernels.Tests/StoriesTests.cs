using System;
using System.Collections.Generic;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.Reference;

namespace Llamalith.Tests;

/// <summary>End to end with a trained model: the engine's greedy words are those of the reference, which recomputes every one.</summary>
public sealed class StoriesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Stories_AreTheReferences(int threads)
    {
        string path = PublishedModel.PathOrSkip("stories260K.bin");
        MemoryCheckpoint checkpoint = Llama2cFile.Read(path);
        int[] prompt = [1, 403, 407];
        int[] expected = new ReferenceModel(checkpoint, checkpoint.Shape).Greedy(prompt, 64);
        using Stories260K model = Stories260K.Load(path, new LoadOptions { Threads = threads });
        Assert.Equal(expected, Greedy(model, prompt, expected.Length));
    }

    [Fact]
    public void Stories_AreTheReferencesFromTheFirstToken()
    {
        string path = PublishedModel.PathOrSkip("stories260K.bin");
        MemoryCheckpoint checkpoint = Llama2cFile.Read(path);
        int[] expected = new ReferenceModel(checkpoint, checkpoint.Shape).Greedy([1], 64);
        using Stories260K model = Stories260K.Load(path);
        Assert.Equal(expected, Greedy(model, [1], expected.Length));
    }

    [Fact]
    public void Load_OfAnotherShapeNamesBothSides()
    {
        string path = PublishedModel.PathOrSkip("stories260K.bin");
        var refusal = Assert.Throws<ModelMismatchException>(() => Mha.Load(path).Dispose());
        Assert.Contains("Layers = 2", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("= 5", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("KvHeads = 8", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("= 4", refusal.Message, StringComparison.Ordinal);
    }

    private static List<int> Greedy(Stories260K model, int[] prompt, int count)
    {
        List<int> tokens = [];
        ReadOnlySpan<float> logits = model.Prefill(prompt);
        while (true)
        {
            int best = 0;
            for (int i = 1; i < logits.Length; i++)
            {
                if (logits[i] > logits[best])
                    best = i;
            }

            tokens.Add(best);
            if (tokens.Count == count)
                return tokens;
            logits = model.Decode(best);
        }
    }
}
