using System;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;
using Mirror = Llamalith.Generator.Spec;
using Quant = Llamalith.Generator.Quant;

namespace Llamalith.Tests.Spec;

/// <summary>What a saved cache says of the class that wrote it.</summary>
public class CacheIdentityTests
{
    [Fact]
    public void Identity_NamesWhateverDecidesKeysAndValues()
    {
        Differs("Dim", small => small with { Dim = 128, HeadDim = 8 });
        Differs("FfnDim", static small => small with { FfnDim = 180 });
        Differs("Layers", static small => small with { Layers = 4 });
        Differs("Heads", static small => small with { Heads = 4, HeadDim = 8 });
        Differs("KvHeads", static small => small with { KvHeads = 2 });
        Differs("VocabSize", static small => small with { VocabSize = 500 });
        Differs("NormEps", static small => small with { NormEps = 1e-6 });
        Differs("RopeTheta", static small => small with { RopeTheta = 500000 });
        Differs("RopeLayout", static small => small with { RopeLayout = Mirror.RopeLayout.HalfSplit });
        Differs("RopeScaling",
            static small => small with { RopeScaling = small.RopeScaling with { Kind = Mirror.RopeScaling.Linear, Factor = 2 } });
        Differs("SlidingWindow", static small => small with { SlidingWindow = 64 });
        Differs("QkvBias", static small => small with { QkvBias = true });
        Differs("KvCache", static small => small with { KvCache = Mirror.KvFormat.Int8 });
        Differs("Weights", static small => small with { Weights = Quant.WeightFormat.F16 });
        Differs("Block", static small => small with { Context = 64 });
    }

    /// <summary>What few models have is named by those that have it.</summary>
    [Fact]
    public void Identity_NamesTraitsWhereTheyAre()
    {
        Names("LayerPattern=LG", static small => small with { LayerPattern = "LG" });
        Names("RopeThetaLocal=20000", static small => small with { RopeThetaLocal = 20000 });
        Names("AttentionSoftCap=50", static small => small with { AttentionSoftCap = 50 });
        Names("AttentionTemperature=0.5", static small => small with { AttentionTemperature = 0.5 });
        Names("RotaryDim=6", static small => small with { RotaryDim = 6 });
        Names("NormPlacement=After", static small => small with { NormPlacement = Mirror.NormPlacement.After });
        Names("QkNorm=Head", static small => small with { QkNorm = Mirror.QkNorm.Head });
        Names("Activation=GeluTanh", static small => small with { Activation = Mirror.Activation.GeluTanh });
        Names("EmbeddingScale=12", static small => small with { EmbeddingScale = 12 });
        Names("ResidualScale=0.5", static small => small with { ResidualScale = 0.5 });
        Names("AttentionScale=0.5", static small => small with { AttentionScale = 0.5 });

        static void Names(string part, Func<ModelSpec, ModelSpec> change)
        {
            Assert.DoesNotContain(part.Split('=')[0], Of(Specs.Small), StringComparison.Ordinal);
            Assert.Contains(part, Of(change(Specs.Small)).Split(' '));
        }
    }

    [Fact]
    public void Identity_OfScalingNamesItsFactors()
    {
        ModelSpec llama3 = Specs.Small with { RopeScaling = new RopeScalingSpec(Mirror.RopeScaling.Llama3, 8, 1, 4, 8192) };
        ModelSpec linear = Specs.Small with { RopeScaling = new RopeScalingSpec(Mirror.RopeScaling.Linear, 8, 1, 4, 8192) };
        foreach (ModelSpec other in (ModelSpec[])
            [
                llama3 with { RopeScaling = llama3.RopeScaling with { Factor = 32 } },
                llama3 with { RopeScaling = llama3.RopeScaling with { LowFrequencyFactor = 2 } },
                llama3 with { RopeScaling = llama3.RopeScaling with { HighFrequencyFactor = 5 } },
                llama3 with { RopeScaling = llama3.RopeScaling with { OriginalContext = 4096 } },
            ])
        {
            Assert.NotEqual(Of(llama3), Of(other));
        }

        Assert.NotEqual(Of(linear), Of(linear with { RopeScaling = linear.RopeScaling with { Factor = 4 } }));
        Assert.Equal(Of(linear), Of(linear with { RopeScaling = linear.RopeScaling with { HighFrequencyFactor = 5 } }));
        Assert.Equal(Of(Specs.Small), Of(Specs.Small with { RopeScaling = Specs.Small.RopeScaling with { Factor = 2 } }));
    }

    [Fact]
    public void Identity_LeavesOutWhatDecidesNothing()
    {
        ModelSpec small = Specs.Small;
        Assert.Equal(Of(small), Of(small with { Context = 2048 }));
        Assert.Equal(
            Of(small),
            Of(small with { MaxMemory = 1, Training = true, EmbeddedWeights = "a.gguf", Isa = InstructionSet.Scalar,
                TiedEmbeddings = !small.TiedEmbeddings }));
    }

    private static string Of(ModelSpec spec) => CacheIdentity.Of(new ModelPlan(spec));

    // That property, and perhaps others that follow from it.
    private static void Differs(string property, Func<ModelSpec, ModelSpec> change)
    {
        string[] before = Of(Specs.Small).Split(' '), after = Of(change(Specs.Small)).Split(' ');
        Assert.Equal(before.Length, after.Length);
        Assert.NotEqual(Array.Find(before, part => part.StartsWith(property + "=", StringComparison.Ordinal)),
            Array.Find(after, part => part.StartsWith(property + "=", StringComparison.Ordinal)));
    }
}
