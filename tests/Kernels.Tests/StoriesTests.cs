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

    /// <summary>
    /// Guesses that are verified several at once: each has the bits of the token decoded by itself, so that plain decoding goes on.
    /// </summary>
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
                {
                    Assert.True(rows.Of(row).SequenceEqual(alone[done + row]),
                        $"Token {done + row}, one of {guesses.Length} at once, has other logits than alone.");
                }
            }

            Assert.Equal(302, model.Position);
        }
    }

    /// <summary>Tokens of several conversations in one pass have the bits that each has alone, whoever else is in it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Rows_OfSeveralConversations_HaveTheBitsOfDecoding(int threads)
    {
        string path = PublishedModel.PathOrSkip("stories260K.bin");
        using Stories260K model = Stories260K.Load(path, new LoadOptions { Threads = threads });
        ISharedModel shared = model;
        Random random = new(7);
        int[][] texts = [.. Enumerable.Range(0, 11).Select(i => RandomTokens(random, 2 + (i * 29)))];
        float[][][] alone = new float[texts.Length][][];
        for (int i = 0; i < texts.Length; i++)
        {
            using KvStorage talk = shared.CreateConversation();
            alone[i] = [.. texts[i].Select(token => shared.Decode(talk, token).ToArray())];
        }

        KvStorage[] talks = [.. texts.Select(_ => shared.CreateConversation())];
        while (true)
        {
            int[] next = [.. Enumerable.Range(0, talks.Length).Where(i => talks[i].Count < texts[i].Length && random.Next(4) > 0)];
            if (next.Length > 0)
                shared.DecodeRows([.. next.Select(i => talks[i])], [.. next.Select(i => texts[i][talks[i].Count])]);
            else if (Enumerable.Range(0, talks.Length).All(i => talks[i].Count == texts[i].Length))
                break;
            foreach (int i in next)
            {
                Assert.True(talks[i].Logits.SequenceEqual(alone[i][talks[i].Count - 1]),
                    $"Token {talks[i].Count} of {i} in a mix of {next.Length}.");
            }
        }

        foreach (KvStorage talk in talks)
            talk.Dispose();
    }

    /// <summary>However a prompt is cut, also in the middle of a block or page, its logits are the same bits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Prompts_HaveTheSameBits_HoweverTheyAreCut(int threads)
    {
        string path = PublishedModel.PathOrSkip("stories260K.bin");
        using Stories260K model = Stories260K.Load(path, new LoadOptions { Threads = threads });
        ISharedModel shared = model;
        Random random = new(8);
        int[] prompt = RandomTokens(random, 400);
        using KvStorage whole = shared.CreateConversation();
        float[] expected = shared.Prefill(whole, prompt, TestContext.Current.CancellationToken).ToArray();
        for (int round = 0; round < 20; round++)
        {
            using KvStorage talk = shared.CreateConversation();
            while (talk.Count < prompt.Length)
            {
                // One token alone would be summed as decoding sums.
                int left = prompt.Length - talk.Count, count = Math.Min(left, 2 + random.Next(150));
                shared.Prefill(talk, prompt.AsSpan(talk.Count, left - count == 1 ? left : count), TestContext.Current.CancellationToken);
            }

            Assert.True(talk.Logits.SequenceEqual(expected), $"Round {round}.");
        }
    }

    private static int[] RandomTokens(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(Stories260K.VocabSize))];

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
