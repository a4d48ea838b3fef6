using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.KernelChecks;
using Llamalith.Reference;

namespace Llamalith.Tests;

/// <summary>Who judges the judge: a published model whose words are known, and identities that hold for any weights.</summary>
public sealed class ReferenceTests
{
    private static readonly int[] s_tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];

    [Fact]
    public void Reference_TellsTheKnownStory()
    {
        MemoryCheckpoint checkpoint = Llama2cFile.Read(PublishedModel.PathOrSkip("stories260K.bin"));
        string[] pieces = PublishedModel.ReadPieces(PublishedModel.PathOrSkip("tok512.bin"), checkpoint.Shape.VocabSize);
        int[] story = new ReferenceModel(checkpoint, checkpoint.Shape).Greedy([1], 60);
        string text = string.Concat(story.Select(token => pieces[token]));
        Assert.StartsWith("Once upon a time, there was a little girl named Lily. She loved to play outside in the park.", text.TrimStart(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void SharedHeads_EqualCopiedHeads()
    {
        ModelShape shared = Shapes.Of(32, 24, 2, heads: 4, kvHeads: 2, vocab: 11, context: 32);
        MemoryCheckpoint few = new RandomWeights().Make(shared);
        MemoryCheckpoint many = few.Share(shared with { KvHeads = 4 });
        for (int layer = 0; layer < shared.Layers; layer++)
        {
            foreach (string name in (string[])[LayerNames.Key, LayerNames.Value])
                Copy(many, TensorNames.OfLayer(layer, name), 32, 32, row => (row / 16 * 8) + (row % 8));
        }

        AssertEqual(few, shared, many, many.Shape);
    }

    [Fact]
    public void HalfSplitRows_EqualInterleavedRows()
    {
        ModelShape shape = Shapes.Of(32, 24, 2, heads: 4, kvHeads: 4, vocab: 11, context: 32);
        MemoryCheckpoint interleaved = new RandomWeights().Make(shape);
        var halfSplit = new MemoryCheckpoint(shape, RopeLayout.HalfSplit);
        foreach (string name in interleaved.CanonicalNames)
        {
            Assert.True(interleaved.TryGetTensor(name, out TensorView tensor));
            halfSplit.Set(name, (int)tensor.Rows, (int)tensor.Columns, Elements(tensor));
        }

        // Row i of a head's first half is its row 2i, and row i of its second half is its row 2i + 1.
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            foreach (string name in (string[])[LayerNames.Query, LayerNames.Key])
                Copy(halfSplit, TensorNames.OfLayer(layer, name), 32, 32, row => (row / 8 * 8) + (row % 4 * 2) + (row % 8 / 4));
        }

        AssertEqual(interleaved, shape, halfSplit, shape);
    }

    [Fact]
    public void LaterTokens_ChangeNoEarlierLogits()
    {
        ModelShape shape = Shapes.Of(32, 24, 2, heads: 4, kvHeads: 1, vocab: 11, context: 32, window: 5);
        var model = new ReferenceModel(new RandomWeights().Make(shape), shape);
        double[][] all = model.Logits(s_tokens);
        for (int count = 1; count < s_tokens.Length; count++)
            Assert.Equal(all[count - 1], model.LastLogits(s_tokens.AsSpan(0, count)));
    }

    [Fact]
    public void Window_HidesWhatLiesBehindIt()
    {
        // One layer: what the last position sees through its window is all that its logits depend on.
        ModelShape shape = Shapes.Of(32, 24, 1, heads: 4, kvHeads: 2, vocab: 11, context: 32, window: 4);
        var model = new ReferenceModel(new RandomWeights().Make(shape), shape);
        int[] others = [.. s_tokens.Take(8).Select(token => (token + 1) % 11), .. s_tokens.Skip(8)];
        Assert.Equal(model.LastLogits(s_tokens), model.LastLogits(others));
        others[8]++;
        Assert.NotEqual(model.LastLogits(s_tokens), model.LastLogits(others));
    }

    [Fact]
    public void RopeFrequencies_AreThePublishedOnes()
    {
        ModelShape shape = Shapes.Of(8, 1, 1, heads: 1, kvHeads: 1, vocab: 2, context: 2);
        Assert.Equal([1, 0.1, 0.01, 0.001], ReferenceModel.RopeFrequencies(shape), new Digits());
        Assert.Equal(
            [0.25, 0.025, 0.0025, 0.00025],
            ReferenceModel.RopeFrequencies(shape with { RopeScaling = RopeScaling.Linear, RopeScalingFactor = 4 }),
            new Digits());

        // Wavelengths 6.28, 62.8, 628 and 6283 against bounds of 50 (kept below) and 200 (divided above); 62.8 lies between.
        double smooth = ((200 * 0.1 / (2 * Math.PI)) - 1) / 3;
        Assert.Equal(
            [1, ((1 - smooth) * 0.1 / 8) + (smooth * 0.1), 0.01 / 8, 0.001 / 8],
            ReferenceModel.RopeFrequencies(
                shape with { RopeScaling = RopeScaling.Llama3, RopeScalingFactor = 8, RopeScalingOriginalContext = 200 }),
            new Digits());
    }

    private static void AssertEqual(MemoryCheckpoint a, ModelShape shapeOfA, MemoryCheckpoint b, ModelShape shapeOfB)
    {
        double[][] expected = new ReferenceModel(a, shapeOfA).Logits(s_tokens);
        double[][] actual = new ReferenceModel(b, shapeOfB).Logits(s_tokens);
        for (int t = 0; t < expected.Length; t++)
            Assert.Equal(expected[t], actual[t], new Digits());
    }

    // Rewrites a tensor so that its row r is what its row source(r) was.
    private static void Copy(MemoryCheckpoint checkpoint, string name, int rows, int columns, Func<int, int> source)
    {
        Assert.True(checkpoint.TryGetTensor(name, out TensorView tensor));
        float[] old = Elements(tensor);
        float[] moved = new float[rows * columns];
        for (int row = 0; row < rows; row++)
            Array.Copy(old, source(row) * columns, moved, row * columns, columns);
        checkpoint.Set(name, rows, columns, moved);
    }

    private static unsafe float[] Elements(TensorView tensor) =>
        new ReadOnlySpan<float>(tensor.Data, checked((int)(tensor.Rows * tensor.Columns))).ToArray();

    private sealed class Digits : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) <= 1e-12 * Math.Max(1, Math.Abs(x));

        public int GetHashCode(double obj) => 0;
    }
}
