using System.Linq;
using CsCheck;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;
using Mirror = Llamalith.Generator.Spec;
using Quant = Llamalith.Generator.Quant;

namespace Llamalith.Tests.Spec;

public sealed class SpecRulesTests
{
    private static readonly string[] s_sizes =
        ["Dim", "FfnDim", "Layers", "Heads", "KvHeads", "HeadDim", "VocabSize", "Context", "SlidingWindow"];

    private static readonly string[] s_reals =
        ["NormEps", "RopeTheta", "RopeScalingFactor", "RopeScalingLowFrequencyFactor", "RopeScalingHighFrequencyFactor"];

    [Fact]
    public void Defaults_AreThoseOfTheAttributesDocumentation()
    {
        ModelSpec spec = Specs.Resolve(
            Specs.Request(Mirror.LlamaPreset.None, ("Dim", 64), ("FfnDim", 172), ("Layers", 5), ("Heads", 8), ("VocabSize", 512)));
        Assert.Equal(8, spec.KvHeads);
        Assert.Equal(8, spec.HeadDim);
        Assert.Equal(4096, spec.Context);
        Assert.Equal(1e-5, spec.NormEps);
        Assert.Equal(10000, spec.RopeTheta);
        Assert.Equal(Mirror.RopeLayout.Interleaved, spec.RopeLayout);
        Assert.Equal(new RopeScalingSpec(Mirror.RopeScaling.None, 8, 1, 4, 8192), spec.RopeScaling);
        Assert.False(spec.TiedEmbeddings);
        Assert.Equal(0, spec.SlidingWindow);
        Assert.False(spec.QkvBias);
        Assert.Equal(Quant.WeightFormat.F32, spec.Weights);
        Assert.Equal(Mirror.KvFormat.F16, spec.KvCache);
        Assert.Equal(InstructionSet.All, spec.Isa);
        Assert.Equal(0, spec.MaxMemory);
    }

    [Fact]
    public void Property_OverridesThePreset()
    {
        ModelSpec spec = Specs.Resolve(Specs.Request(Mirror.LlamaPreset.Llama2_7B, ("Context", 1024), ("Heads", 64)));
        Assert.Equal((1024, 64, 64, 64, 4096), (spec.Context, spec.Heads, spec.KvHeads, spec.HeadDim, spec.Dim));
    }

    [Theory]
    [InlineData("", 15)]
    [InlineData("avx2", 2)]
    [InlineData("Avx2, SCALAR", 3)]
    [InlineData("avxvnni", 2)]
    [InlineData("avx512,avxvnni", 6)]
    [InlineData("All", 15)]
    [InlineData("4", 15)]
    [InlineData("native", 3)]
    [InlineData("neon,NATIVE", 11)]
    public void Targets_NarrowTheInstructionSets(string targets, int expected) => Assert.Equal(
        (InstructionSet)expected,
        SpecRules.Resolve(Specs.Request(Mirror.LlamaPreset.Llama2_7B), Specs.Build with { Targets = targets })!.Isa);

    [Theory]
    [InlineData("linux-x64", 7)]
    [InlineData("win-x86", 7)]
    [InlineData("osx-arm64", 9)]
    [InlineData("browser-wasm", 1)]
    [InlineData("linux-musl-x64", 7)]
    [InlineData("any", 15)]
    public void RuntimeIdentifier_NarrowsTheInstructionSets(string runtimeIdentifier, int expected) => Assert.Equal(
        (InstructionSet)expected,
        SpecRules.Resolve(Specs.Request(Mirror.LlamaPreset.Llama2_7B), Specs.Build with { RuntimeIdentifier = runtimeIdentifier })!.Isa);

    [Theory]
    [InlineData("", 1)]
    [InlineData("x86-64-v2", 1)]
    [InlineData("x86-64-v3", 3)]
    [InlineData("X86-64-V4", 7)]
    [InlineData("avx2,avxvnni", 3)]
    [InlineData("native", 3)]
    public void AheadOfTime_OffersWhatIlcInstructionSetNames(string ilcInstructionSet, int expected) =>
        Assert.Equal((InstructionSet)expected, TargetNames.OfAheadOfTime(ilcInstructionSet, Specs.Build.BuildMachine));

    [Fact]
    public void NearestDivisor_DividesAndNoneIsNearer() =>
        Gen.Int[1, 256].Select(Gen.Int[1, 256]).Sample((heads, kvHeads) =>
        {
            int nearest = SpecRules.NearestDivisor(heads, kvHeads);
            Assert.Equal(0, heads % nearest);
            Assert.DoesNotContain(
                Enumerable.Range(1, heads),
                other => heads % other == 0 && int.Abs(other - kvHeads) < int.Abs(nearest - kvHeads));
        });

    /// <summary>Whatever is asked: a spec, or a problem that says why there is none; and never an exception.</summary>
    [Fact]
    public void AnyRequest_IsResolvedOrRefused() =>
        Request.Sample(request =>
        {
            bool refused = SpecRules.Check(request, Specs.Build).Any(static problem => problem.Blocks);
            ModelSpec? spec = SpecRules.Resolve(request, Specs.Build);
            Assert.Equal(refused, spec is null);
            if (spec is null)
                return;
            Assert.Equal(spec.Heads, spec.GroupSize * spec.KvHeads);
            Assert.Equal(0, spec.HeadDim % 2);
            Assert.True(spec.SlidingWindow >= 0);
            MemoryPlan memory = new(new ModelPlan(spec));
            Assert.True(memory.Weights > 0 && memory.Embedding > 0 && memory.Cache > 0 && memory.Scratch > 0);
        }, iter: 2000);

    private static Gen<ModelRequest> Request { get; } =
        from sizes in Mostly(OneOf<int?>(null, 2, 4, 8, 64, 128), Gen.OneOf(Gen.Int[-2, 64], Gen.Int)).Array[9]
        from preset in Gen.Int[-1, 5]
        from reals in Mostly(OneOf<double?>(null, 1, 2), Gen.Double).Array[5]
        from isa in Mostly(OneOf<int?>(null, 1, 15), Gen.Int[0, 17])
        from scaling in Mostly(OneOf<int?>(null, 1), Gen.Int[0, 3])
        from memory in Mostly(OneOf([(long?)null]), Gen.Long)
        select Specs.Request(
            (Mirror.LlamaPreset)preset,
            [
                .. s_sizes.Select((property, i) => (property, (object?)sizes[i])),
                .. s_reals.Select((property, i) => (property, (object?)reals[i])),
                ("RopeScaling", scaling),
                ("Isa", isa),
                ("MaxMemory", memory),
            ]);

    // Values that tend to go together, and now and then any value at all.
    private static Gen<T?> Mostly<T>(Gen<T?> usual, Gen<T> any)
        where T : struct
        => Gen.Frequency((12, usual), (1, any.Select(static value => (T?)value)));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
