using System;
using System.Reflection;
using Llamalith.Contracts;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests.Emission;

/// <summary>What generated classes say of themselves, against the figures of the Llama 2 paper (arXiv 2307.09288).</summary>
public sealed class ConstantsTests
{
    [Theory]
    [InlineData("Llama2_7B", 6_738_415_616, 524_288)]
    [InlineData("Llama2_13B", 13_015_864_320, 819_200)]
    [InlineData("Llama2_70B", 68_976_648_192, 327_680)]
    [InlineData("TinyLlama1_1B", 1_100_048_384, 22_528)]
    public void Preset_HasThePublishedParametersAndCache(string preset, long parameters, long bytesPerToken)
    {
        Type model = Compile($"Llamalith.LlamaPreset.{preset}");
        Assert.Equal(parameters, model.GetField("Parameters")!.GetRawConstantValue());
        Assert.Equal(bytesPerToken, BytesPerToken(model));
    }

    [Fact]
    public void Preset_CanBeMadeAnotherPublishedModel()
    {
        Type model = Compile("Llamalith.LlamaPreset.Llama2_70B, FfnDim = 22016, Layers = 48");
        Assert.Equal(33_743_970_304, model.GetField("Parameters")!.GetRawConstantValue());
        Assert.Equal(196_608, BytesPerToken(model));
    }

    /// <summary>What a class says of itself at run time is the whole shape, and the preset's.</summary>
    [Theory]
    [InlineData("Llama2_7B", 4096, 11008, 32, 32, 32, 4096)]
    [InlineData("Llama2_70B", 8192, 28672, 80, 64, 8, 4096)]
    [InlineData("TinyLlama1_1B", 2048, 5632, 22, 32, 4, 2048)]
    public void CompiledShape_IsThePresets(string preset, int dim, int ffnDim, int layers, int heads, int kvHeads, int context)
    {
        ModelShape shape = (ModelShape)Compile($"Llamalith.LlamaPreset.{preset}").GetProperty("CompiledShape")!.GetValue(null)!;
        ModelShape published = new()
        {
            Dim = dim,
            FfnDim = ffnDim,
            Layers = layers,
            Heads = heads,
            KvHeads = kvHeads,
            HeadDim = dim / heads,
            VocabSize = 32000,
            Context = context,
            TiedEmbeddings = false,
            NormEps = 1e-5,
            RopeTheta = 10000,
            RopeScaling = RopeScaling.None,
            SlidingWindow = 0,
            QkvBias = false,
        };
        Assert.Equal(published, shape);
    }

    [Fact]
    public void TextbookModel_HasFourKvHeadsOf64()
    {
        Type model =
            Compile("Dim = 512, FfnDim = 1376, Layers = 2, Heads = 8, KvHeads = 4, VocabSize = 1000, KvCache = Llamalith.KvFormat.F32");
        Assert.Equal((64, 256, 2), (Constant(model, "HeadDim"), Constant(model, "KvDim"), Constant(model, "GroupSize")));
        Assert.Equal(2L * 2 * 256 * sizeof(float), BytesPerToken(model));
    }

    [Fact]
    public void Constants_AreThoseOfTheAttribute()
    {
        Type model = Compile("Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 77, HeadDim = 16");
        foreach ((string name, int value) in new[]
        {
            ("Dim", 64), ("FfnDim", 172), ("Layers", 5), ("Heads", 8), ("KvHeads", 4), ("HeadDim", 16), ("VocabSize", 512), ("Context", 77),
            ("QueryDim", 128), ("KvDim", 64), ("GroupSize", 2),
        })
            Assert.Equal(value, Constant(model, name));
    }

    // One instruction set is enough to ask for constants.
    private static Type Compile(string arguments) => Compiler.CompileAndLoad(
        $"[Llamalith.LlamaModel({arguments}, Isa = Llamalith.Isa.Scalar)] public sealed partial class Model;")
            .GetType("Model", throwOnError: true)!;

    private static int Constant(Type model, string name) => (int)model.GetField(name)!.GetRawConstantValue()!;

    private static long BytesPerToken(Type model) => (long)model.GetNestedType("KvCache")!
        .GetProperty("BytesPerToken", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
}
