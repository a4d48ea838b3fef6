using System.Linq;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;
using Mirror = Llamalith.Generator.Spec;

namespace Llamalith.Tests.Spec;

/// <summary>Against the figures of the Llama 2 paper (arXiv 2307.09288) and plain arithmetic.</summary>
public sealed class PresetTests
{
    public static TheoryData<int> Presets =>
        [.. System.Enum.GetValues<LlamaPreset>().Where(p => p != LlamaPreset.None).Select(p => (int)p)];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Preset_GivesASoundModel(int preset)
    {
        Assert.True(Mirror.Presets.Of((Mirror.LlamaPreset)preset).Has("Dim"));
        Assert.Empty(SpecRules.Check(Specs.Request((Mirror.LlamaPreset)preset), Specs.Build));
    }

    [Theory]
    [InlineData(LlamaPreset.Llama2_7B, 6_738_415_616)]
    [InlineData(LlamaPreset.Llama2_13B, 13_015_864_320)]
    [InlineData(LlamaPreset.Llama2_70B, 68_976_648_192)]
    [InlineData(LlamaPreset.TinyLlama1_1B, 1_100_048_384)]
    public void Parameters_AreThePublishedModels(LlamaPreset preset, long parameters) =>
        Assert.Equal(parameters, ParameterCount.Total(Specs.Of(preset)));

    [Fact]
    public void Parameters_Of34B_AreThePublishedModels() => Assert.Equal(
        33_743_970_304,
        ParameterCount.Total(Specs.Of(LlamaPreset.Llama2_70B) with { Layers = 48, FfnDim = 22016 }));

    [Theory]
    [InlineData(LlamaPreset.Llama2_7B, 524_288, 2L << 30)]
    [InlineData(LlamaPreset.Llama2_13B, 819_200, 3200L << 20)]
    [InlineData(LlamaPreset.Llama2_70B, 327_680, 1280L << 20)]
    public void KvCache_InHalfPrecision_HasThePublishedSize(LlamaPreset preset, long perToken, long full)
    {
        ModelSpec spec = Specs.Of(preset);
        Assert.Equal(perToken, Memory(spec).BytesPerToken);
        Assert.Equal(full, Memory(spec).Cache);
        Assert.Equal(2 * full, Memory(spec with { KvCache = Mirror.KvFormat.F32 }).Cache);
        Assert.Equal(
            (full / 2) + (8L * spec.Layers * spec.KvHeads * spec.Context), Memory(spec with { KvCache = Mirror.KvFormat.Int8 }).Cache);
    }

    [Theory]
    [InlineData(64, 10L << 30)]
    [InlineData(1, 160L << 20)]
    public void KvCache_Of70B_WouldBeThisLargeWithOtherHeads(int kvHeads, long full) =>
        Assert.Equal(full, Memory(Specs.Of(LlamaPreset.Llama2_70B) with { KvHeads = kvHeads }).Cache);

    [Theory]
    [InlineData(false, false, 260_032 + (512 * 64))]
    [InlineData(true, false, 260_032)]
    [InlineData(true, true, 260_032 + (5 * (64 + 32 + 32)))]
    public void Parameters_CountTheClassifierOnceAndBiasesWherePresent(bool tied, bool bias, long parameters) =>
        Assert.Equal(parameters, ParameterCount.Total(Specs.Small with { TiedEmbeddings = tied, QkvBias = bias }));

    [Fact]
    public void LargestModelAllowed_HasSizesThatFitALong()
    {
        // Every bound at once, except that Heads and HeadDim may not both be taken with the largest Dim; the products must not wrap.
        ModelSpec largest = Specs.Small with
        {
            Dim = SpecRules.MaxDim,
            FfnDim = SpecRules.MaxFfnDim,
            Layers = SpecRules.MaxLayers,
            Heads = SpecRules.MaxHeads,
            KvHeads = SpecRules.MaxHeads,
            HeadDim = SpecRules.MaxHeadDim,
            VocabSize = SpecRules.MaxVocabSize,
            Context = SpecRules.MaxContext,
            KvCache = Mirror.KvFormat.F32,
            QkvBias = true,
        };
        System.Int128 dim = largest.Dim;
        System.Int128 parameters = (2 * largest.VocabSize * dim) + dim
            + (largest.Layers
                * ((4 * dim * largest.QueryDim) + (3 * dim * largest.FfnDim) + (2 * dim) + (3 * (System.Int128)largest.QueryDim)));
        // Norms are padded, and the classifier's rows; the embedding is counted beside the panels.
        MemoryPlan memory = Memory(largest);
        Assert.InRange(memory.Weights + (System.Int128)memory.Embedding, parameters * 4, parameters * 4 * 1001 / 1000);
        Assert.Equal((System.Int128)8 * largest.Layers * largest.KvDim * largest.Context, memory.Cache);
        Assert.True((System.Int128)memory.Weights + memory.Embedding + memory.Cache + memory.Scratch < long.MaxValue);
    }

    private static MemoryPlan Memory(ModelSpec spec) => new(new ModelPlan(spec));
}
