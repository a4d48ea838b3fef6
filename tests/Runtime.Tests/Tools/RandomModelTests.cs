using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tools;

namespace Llamalith.Tests.Tools;

public sealed class RandomModelTests
{
    public static TheoryData<QuantizationPreset> Presets => [.. Enum.GetValues<QuantizationPreset>()];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Write_MakesASoundModelOfTheShape(QuantizationPreset preset)
    {
        using TempFolder folder = new();
        ModelShape shape = SmallModels.Shape;
        RandomModel.Write(folder["m.gguf"], shape, preset, new RandomModelOptions { Tokenizer = SmallModels.Tokenizer(shape.VocabSize) });
        using GgufCheckpoint model = GgufCheckpoint.Open(folder["m.gguf"]);
        model.EnsureMatches(shape);
        Assert.Equal(SmallModels.Tokenizer(shape.VocabSize).Tokens, GgufTokenizerMetadata.Read(model.File)!.Tokens);
        foreach (ModelTensor expected in ModelTensors.Of(shape))
        {
            TensorView tensor = model.GetTensor(expected.Name, expected.Rows, expected.Columns);
            Assert.Equal(TensorMix.Choose(preset, shape, expected.Name, expected.Rows, expected.Columns), tensor.Type);
            bool isNorm = expected.Name.EndsWith("norm.weight", StringComparison.Ordinal);
            (double mean, double deviation) = Statistics(tensor);
            Assert.InRange(mean, isNorm ? 0.99 : -0.005, isNorm ? 1.01 : 0.005);
            Assert.InRange(deviation, 0.017, 0.023);
        }
    }

    [Fact]
    public void Write_DependsOnTheSeedAlone()
    {
        using TempFolder folder = new();
        byte[] Write(long seed, int threads)
        {
            RandomModel.Write(
                folder["m.gguf"], SmallModels.Shape, QuantizationPreset.Q4_0, new RandomModelOptions { Seed = seed, Threads = threads });
            return File.ReadAllBytes(folder["m.gguf"]);
        }

        byte[] first = Write(1, 1);
        Assert.Equal(first, Write(1, 3));
        Assert.NotEqual(first, Write(2, 1));
    }

    [Fact]
    public void Write_MakesNoTwoRowsAlike()
    {
        using TempFolder folder = new();
        ModelShape shape = SmallModels.Shape with { Dim = 512, HeadDim = 128, VocabSize = 2000, Layers = 1 };
        RandomModel.Write(folder["m.gguf"], shape, QuantizationPreset.Q4_K_M);
        using GgufCheckpoint model = GgufCheckpoint.Open(folder["m.gguf"]);
        HashSet<string> rows = [];
        TensorView embedding = model.GetTensor(TensorNames.TokenEmbedding, 2000, 512);
        float[] row = new float[512];
        for (int i = 0; i < 2000; i++)
        {
            BlockFormats.DequantizeRow(embedding, i, row);
            rows.Add(string.Join(' ', row));
        }

        // Of rows that are only two blocks wide a coincidence or two may be.
        Assert.InRange(rows.Count, 1997, 2000);
    }

    [Fact]
    public void Write_EmbedsOnlyATokenizerThatFits()
    {
        using TempFolder folder = new();
        ModelMismatchException error = Assert.Throws<ModelMismatchException>(() => RandomModel.Write(
            folder["m.gguf"], SmallModels.Shape, QuantizationPreset.Q4_0,
            new RandomModelOptions { Tokenizer = SmallModels.Tokenizer(64) }));
        Assert.Equal("The tokenizer has 64 tokens, but the model has VocabSize = 128.", error.Message);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Write_LeavesNothingWhenCancelled()
    {
        using TempFolder folder = new();
        Assert.Throws<OperationCanceledException>(() => RandomModel.Write(
            folder["m.gguf"], SmallModels.Shape, QuantizationPreset.Q4_0,
            new RandomModelOptions { Cancellation = new CancellationToken(canceled: true) }));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Presets_AreFoundInAnyCase()
    {
        foreach ((string name, ModelShape shape) in ModelPresets.All)
        {
            Assert.True(ModelPresets.TryGet(name.ToUpperInvariant(), out ModelShape found));
            Assert.Same(shape, found);
            Assert.Equal(shape.Dim, shape.QueryDim);
        }

        Assert.False(ModelPresets.TryGet("llama2-8b", out _));
    }

    [Fact]
    public void RandomNumbers_AreStandardNormal()
    {
        RandomNumbers random = RandomNumbers.At(1, 2, 3);
        double[] numbers = new double[100_000];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = random.NextNormal();
        Assert.InRange(numbers.Average(), -0.01, 0.01);
        Assert.InRange(numbers.Average(x => x * x), 0.99, 1.01);
        Assert.InRange(numbers.Count(x => Math.Abs(x) < 1) / (double)numbers.Length, 0.67, 0.70);
        for (int i = 0; i < 10_000; i++)
            Assert.InRange(random.Below(7), 0, 6);
    }

    private static (double Mean, double Deviation) Statistics(TensorView tensor)
    {
        double sum = 0, squares = 0;
        float[] row = new float[tensor.Columns];
        for (long i = 0; i < tensor.Rows; i++)
        {
            BlockFormats.DequantizeRow(tensor, i, row);
            foreach (float element in row)
                (sum, squares) = (sum + element, squares + (double)element * element);
        }

        double count = tensor.Rows * tensor.Columns, mean = sum / count;
        return (mean, Math.Sqrt(squares / count - mean * mean));
    }
}
