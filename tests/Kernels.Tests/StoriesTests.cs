using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.Reference;
using Llamalith.Training;

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

    /// <summary>Guesses that are verified several at once: each has the bits of the token decoded by itself, so that plain decoding goes on.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Guesses_AreVerifiedWithTheBitsOfDecoding(int threads)
    {
        string path = PublishedModel.PathOrSkip("stories260K.bin");
        using Stories260K model = Stories260K.Load(path, new LoadOptions { Threads = threads });
        List<int> story = Greedy(model, [1, 403, 407], 300);
        model.Truncate(3);
        float[][] alone = [.. story.Take(299).Select(token => model.Decode(token).ToArray())];
        foreach (int atOnce in (int[])[2, 4, 7, 8, 11])
        {
            model.Truncate(3);
            for (int done = 0; done < alone.Length; done += atOnce)
            {
                int[] guesses = [.. story.Skip(done).Take(Math.Min(atOnce, alone.Length - done))];
                CollectedLogits rows = new(guesses.Length, Stories260K.VocabSize);
                model.DecodeRows(guesses, rows, TestContext.Current.CancellationToken);
                for (int row = 0; row < guesses.Length; row++)
                    Assert.True(rows.Of(row).SequenceEqual(alone[done + row]), $"Token {done + row}, one of {guesses.Length} at once, has other logits than alone.");
            }

            Assert.Equal(302, model.Position);
        }
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
