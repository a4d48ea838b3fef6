using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
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
    public async Task LoadAsync_TellsItsProgress_AndIsStopped()
    {
        string path = PublishedModel.PathOrSkip("stories260K.bin");
        Shares shares = new();
        using Stories260K model = await Stories260K.LoadAsync(path, new LoadOptions { Progress = shares });
        using Stories260K other = Stories260K.Load(path);
        Assert.Equal(Greedy(other, [1], 8), Greedy(model, [1], 8));
        Assert.Equal([.. shares.Told.Order()], shares.Told);
        Assert.Equal(1, shares.Told[^1]);
        LoadOptions stopped = new() { Cancellation = new CancellationToken(canceled: true) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stories260K.LoadAsync(path, stopped));
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

    private sealed class Shares : IProgress<double>
    {
        public List<double> Told { get; } = [];

        public void Report(double value) => Told.Add(value);
    }
}
