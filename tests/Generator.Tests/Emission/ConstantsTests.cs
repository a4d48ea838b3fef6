using System;
using System.Reflection;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests.Emission;

/// <summary>What generated classes say of themselves, against the figures of the Llama 2 paper (arXiv 2307.09288).</summary>
public sealed class ConstantsTests
{
    [Theory]
    [InlineData("Llama2_7B", 6_738_415_616, 524_288)]
    [InlineData("Llama2_13B", 13_015_864_320, 819_200)]
    [InlineData("Llama2_70B", 68_976_648_192, 327_680)]
    public void Preset_HasThePublishedParametersAndCache(string preset, long parameters, long bytesPerToken)
    {
        Type model = Compile($"Llamalith.LlamaPreset.{preset}");
        Assert.Equal(parameters, model.GetField("Parameters")!.GetRawConstantValue());
        Assert.Equal(bytesPerToken, BytesPerToken(model));
    }

    [Fact]
    public void TextbookModel_HasFourKvHeadsOf64()
    {
        Type model = Compile("Dim = 512, FfnDim = 1376, Layers = 2, Heads = 8, KvHeads = 4, VocabSize = 1000, KvCache = Llamalith.KvFormat.F32");
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
        $"[Llamalith.LlamaModel({arguments}, Isa = Llamalith.Isa.Scalar)] public sealed partial class Model;").GetType("Model", throwOnError: true)!;

    private static int Constant(Type model, string name) => (int)model.GetField(name)!.GetRawConstantValue()!;

    private static long BytesPerToken(Type model) => (long)model.GetNestedType("KvCache")!
        .GetProperty("BytesPerToken", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
}
