using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tools;

namespace Llamalith.Tests.Quantization;

public sealed class TensorMixTests
{
    private static readonly ModelShape Llama7B = Shape("llama2-7b");

    public static TheoryData<QuantizationPreset> Presets => [.. Enum.GetValues<QuantizationPreset>()];

    // The bytes of the published files of Llama 2 7B, whose metadata with 32,000 tokens take some 700 KB beside the tensors.
    [Theory]
    [InlineData(QuantizationPreset.Q4_0, 3_825_807_040)]
    [InlineData(QuantizationPreset.Q8_0, 7_161_089_728)]
    [InlineData(QuantizationPreset.Q4_K_M, 4_081_004_224)]
    [InlineData(QuantizationPreset.Q5_K_M, 4_783_156_928)]
    [InlineData(QuantizationPreset.Q6_K, 5_529_194_176)]
    [InlineData(QuantizationPreset.Q5_0, 4_651_691_712)]
    public void Llama7B_HasTheSizeOfThePublishedFile(QuantizationPreset preset, long published)
    {
        long tensors = ModelTensors.Of(Llama7B).Sum(t => TensorTypes.ByteLength(Choose(preset, Llama7B, t), t.Rows, t.Columns));
        Assert.InRange(published - tensors, 600_000, 1_000_000);
    }

    [Fact]
    public void Q4_K_M_GivesHalfOfTheSensitiveTensorsMore()
    {
        int[] better = [.. Enumerable.Range(0, 32)
            .Where(layer => OfLayer(QuantizationPreset.Q4_K_M, Llama7B, layer, LayerTensors.Down.Stored, 4096, 11008) == TensorType.Q6_K)];
        Assert.Equal([0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31], better);
        foreach (int layer in Enumerable.Range(0, 32))
        {
            TensorType expected = better.Contains(layer) ? TensorType.Q6_K : TensorType.Q4_K;
            Assert.Equal(expected, OfLayer(QuantizationPreset.Q4_K_M, Llama7B, layer, LayerTensors.Value.Stored, 4096, 4096));
            Assert.Equal(TensorType.Q4_K, OfLayer(QuantizationPreset.Q4_K_M, Llama7B, layer, LayerTensors.Query.Stored, 4096, 4096));
        }

        Assert.Equal(TensorType.Q4_K, TensorMix.Choose(QuantizationPreset.Q4_K_M, Llama7B, TensorNames.TokenEmbedding, 32000, 4096));
        Assert.Equal(TensorType.Q6_K, TensorMix.Choose(QuantizationPreset.Q4_K_M, Llama7B, TensorNames.Classifier, 32000, 4096));
    }

    [Fact]
    public void Llama70B_ValuesAreSharedAndSoFiner()
    {
        ModelShape shape = Shape("llama2-70b");
        Assert.Equal(TensorType.Q5_K, OfLayer(QuantizationPreset.Q4_K_M, shape, 10, LayerTensors.Value.Stored, 1024, 8192));
        Assert.Equal(TensorType.Q5_K, OfLayer(QuantizationPreset.Q2_K, shape, 40, LayerTensors.Value.Stored, 1024, 8192));
        Assert.Equal(TensorType.Q4_0, OfLayer(QuantizationPreset.Q4_0, shape, 40, LayerTensors.Value.Stored, 1024, 8192));
        Assert.Equal(TensorType.Q4_K, OfLayer(QuantizationPreset.Q2_K, Shape("tinyllama-1.1b"), 9, LayerTensors.Value.Stored, 256, 2048));
    }

    [Theory]
    [InlineData(QuantizationPreset.Q4_0)]
    [InlineData(QuantizationPreset.Q4_1)]
    [InlineData(QuantizationPreset.Q5_0)]
    [InlineData(QuantizationPreset.Q5_1)]
    [InlineData(QuantizationPreset.Q2_K)]
    [InlineData(QuantizationPreset.Q4_K_M)]
    public void Classifier_IsQ6_K(QuantizationPreset preset)
    {
        ModelShape tied = Shape("stories110m");
        Assert.Equal(TensorType.Q6_K, TensorMix.Choose(preset, Llama7B, TensorNames.Classifier, 32000, 4096));
        Assert.Equal(TensorType.Q6_K, TensorMix.Choose(preset, tied, TensorNames.TokenEmbedding, 32000, 768));
        Assert.Equal(TensorType.Q8_0, TensorMix.Choose(preset, tied, TensorNames.TokenEmbedding, 32000, 288));
    }

    [Theory]
    [InlineData(QuantizationPreset.Q2_K, 288, TensorType.Q4_0)]
    [InlineData(QuantizationPreset.Q3_K_M, 288, TensorType.Q4_0)]
    [InlineData(QuantizationPreset.Q4_K_M, 288, TensorType.Q5_0)]
    [InlineData(QuantizationPreset.Q5_K_M, 288, TensorType.Q5_1)]
    [InlineData(QuantizationPreset.Q6_K, 288, TensorType.Q8_0)]
    [InlineData(QuantizationPreset.Q4_K_M, 172, TensorType.F16)]
    [InlineData(QuantizationPreset.Q8_0, 172, TensorType.F16)]
    [InlineData(QuantizationPreset.BF16, 172, TensorType.BF16)]
    [InlineData(QuantizationPreset.F32, 172, TensorType.F32)]
    public void OddWidths_GetSmallerBlocks(QuantizationPreset preset, int columns, TensorType expected) =>
        Assert.Equal(expected, OfLayer(preset, Llama7B, 10, LayerTensors.Gate.Stored, 64, columns));

    [Theory]
    [MemberData(nameof(Presets))]
    public void EveryPreset_FitsEveryShape(QuantizationPreset preset)
    {
        foreach (KeyValuePair<string, ModelShape> model in ModelPresets.All)
        {
            foreach (ModelTensor tensor in ModelTensors.Of(model.Value))
            {
                TensorType type = Choose(preset, model.Value, tensor);
                Assert.Equal(0, tensor.Columns % TensorTypes.BlockOf(type).Elements);
                Assert.True(tensor.Rows > 1 || type == TensorType.F32, $"{tensor.Name} is {type}.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Names_AreUnderstoodInAnyCase(QuantizationPreset preset)
    {
        foreach (string name in new[] { preset.ToString(), preset.ToString().ToLowerInvariant() })
        {
            Assert.True(TensorMix.TryParse(name, out QuantizationPreset parsed));
            Assert.Equal(preset, parsed);
        }
    }

    [Theory]
    [InlineData("Q4_K", QuantizationPreset.Q4_K_M)]
    [InlineData("q3_k", QuantizationPreset.Q3_K_M)]
    [InlineData("Q5_K", QuantizationPreset.Q5_K_M)]
    public void Names_OfAFormatAreItsOnlyMixs(string name, QuantizationPreset expected)
    {
        Assert.True(TensorMix.TryParse(name, out QuantizationPreset preset));
        Assert.Equal(expected, preset);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Q4")]
    [InlineData("Q6_K_M")]
    [InlineData("3")]
    [InlineData("Q4_0, Q8_0")]
    public void OtherNames_AreNot(string name) => Assert.False(TensorMix.TryParse(name, out _));

    [Fact]
    public void ParameterCounts_AreThePapers()
    {
        long Count(string name) => ModelTensors.Of(Shape(name)).Sum(tensor => tensor.Rows * tensor.Columns);
        Assert.Equal(6_738_415_616, Count("llama2-7b"));
        Assert.Equal(13_015_864_320, Count("llama2-13b"));
        Assert.Equal(68_976_648_192, Count("llama2-70b"));
        Assert.Equal(1_100_048_384, Count("tinyllama-1.1b"));
    }

    private static ModelShape Shape(string name) =>
        ModelPresets.TryGet(name, out ModelShape shape) ? shape : throw new ArgumentException(name);

    private static TensorType Choose(QuantizationPreset preset, ModelShape shape, ModelTensor tensor) =>
        TensorMix.Choose(preset, shape, tensor.Name, tensor.Rows, tensor.Columns);

    private static TensorType OfLayer(QuantizationPreset preset, ModelShape shape, int layer, string part, long rows, long columns) =>
        TensorMix.Choose(preset, shape, TensorNames.OfLayer(layer, part), rows, columns);
}
