using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;
using Llamalith.Tests.Spec;
using Mirror = Llamalith.Generator.Spec;

namespace Llamalith.Tests.Planning;

/// <summary>What emitted code relies on is checked before it is emitted: each rule, by a plan that breaks it.</summary>
public sealed class PlanVerifierTests
{
    private static readonly Dialect s_avx2 = Dialects.All.First(static isa => isa.Lanes == 8);
    private static readonly Dialect s_avx512 = Dialects.All.First(static isa => isa.Lanes == 16);
    private static readonly ModelPlan s_plan = new(Specs.Resolve(Specs.Request(
        Mirror.LlamaPreset.None, ("Dim", 512), ("FfnDim", 768), ("Layers", 1), ("Heads", 4), ("KvHeads", 2), ("VocabSize", 512),
        ("Context", 512), ("Training", true), ("Weights", 0x1FFF))));

    [Fact]
    public void Plans_OfEveryFormatAndInstructionSet_Hold() => PlanVerifier.Verify(s_plan);

    /// <summary>A kernel that no rule knows would be written unchecked.</summary>
    [Fact]
    public void Kernels_OfUnknownKind_AreRefused() => Refused(new Unknown(s_avx2), "unknown kind");

    [Fact]
    public void Tiles_ThatDoNotStayInRegisters_AreRefused()
    {
        Refused(Kernel<FloatTilePlan>(s_avx2) with { RowVectors = 4, Tokens = 8 }, "registers");
        Refused(Rows<FloatTilePlan>(s_avx2, static tile => tile.Class) with { RowVectors = 2, Tokens = 4 }, "registers");
        Refused(Kernel<TrainingProductsPlan>(s_avx2) with { Tile = new TrainingTile(4, [8, 1]) }, "registers");
        Refused(Kernel<ScoresPlan>(s_avx2) with { Tile = new ScoreTile(2, 4, 2) }, "registers");
    }

    [Fact]
    public void Tiles_ThatDoNotDivideWhatTheyTile_AreRefused()
    {
        Refused(Kernel<FloatMatVecPlan>(s_avx2) with { Tile = new MatVecTile(3, SumOrder.ColumnChains) }, "divides a panel");
        Refused(Kernel<MixPlan>(s_avx2) with { Tile = new MixTile(1, 3, 1) }, "divides a slice");
        Refused(Kernel<TrainingHeadsPlan>(s_avx2) with { Tile = new TrainingTile(3, [2, 1]) }, "divides the product's columns");
    }

    [Fact]
    public void Tiles_ThatLeaveTokensOver_AreRefused()
    {
        FloatMatMulPlan floats = Kernel<FloatMatMulPlan>(s_avx2);
        Refused(floats with { Tiles = floats.Tiles.Take(1).ToList() }, "end with one");
        FloatMatMulPlan rows = Rows<FloatMatMulPlan>(s_avx2, static product => product.Class);
        Refused(rows with { Tiles = rows.Tiles.Take(1).ToList() }, "end with one");
        IntegerMatMulPlan integers = Kernel<IntegerMatMulPlan>(s_avx2);
        Refused(integers with { Tiles = integers.Tiles.Reverse().ToList() }, "largest first");
        Refused(Kernel<TrainingProductsPlan>(s_avx2) with { Tile = new TrainingTile(2, [6]) }, "end with one");
    }

    /// <summary>Sixteen bits hold two products of a unit for each lane, and no more of them than the codes' size allows.</summary>
    [Theory]
    [InlineData("Q2_K")]
    [InlineData("Q4_0")]
    [InlineData("Q5_K")]
    [InlineData("Q6_K")]
    public void Chains_SumAsManyUnitsAsTheirLanesHold(string format)
    {
        IntegerBlock block = (IntegerBlock)WeightBlocks.All.First(other => other.Name == format);
        IntegerChunkPlan chunk = new(s_avx512, block);
        int sum = chunk.ChainUnits * 2 * block.LargestCode * 127;
        Assert.InRange(sum, 0, short.MaxValue);
        bool most = chunk.ChainUnits == chunk.SubUnits || sum * 2 > short.MaxValue;
        Assert.True(most, $"{chunk.ChainUnits} units of {format} could be twice as many.");
    }

    /// <summary>An instruction set that summed in an order of its own would give other bits than the rest.</summary>
    [Fact]
    public void Chains_InAnotherOrderThanThePlan_AreRefused()
    {
        Refused(Kernel<FloatMatVecPlan>(s_avx512) with { Tile = new MatVecTile(2, 4) }, "chains");
        Refused(Rows<FloatTilePlan>(s_avx512, static tile => tile.Class) with { Chains = 1 }, "chains");
        Refused(Kernel<FloatTilePlan>(s_avx512) with { RowVectors = 1, Tokens = 2, Chains = 2 }, "chains");
        Refused(Kernel<ScoresPlan>(s_avx512) with { Tile = new ScoreTile(1, 2, 4) }, "chains");
        Refused(Kernel<MixPlan>(s_avx512) with { Tile = new MixTile(1, 1, 2) }, "chains");
    }

    /// <summary>A few rows summed as a prompt would not be the bits of one row alone.</summary>
    [Fact]
    public void Rows_OfOneClassWithTilesOfAnother_AreRefused()
    {
        FloatMatMulPlan rows = Rows<FloatMatMulPlan>(s_avx2, static product => product.Class);
        FloatMatMulPlan prompt = Kernel<FloatMatMulPlan>(s_avx2);
        Assert.Equal(RowClass.Prompt, prompt.Class);
        Refused(rows with { Tiles = prompt.Tiles }, "class");
        IntegerMatRowsPlan integers = Kernel<IntegerMatRowsPlan>(s_avx2);
        Refused(integers with { Panel = integers.Panel with { Columns = "Other" } }, "columns");
        Refused(integers.Panel with { MaxRows = 16 }, "at most 8");
        Refused(integers.Panel with { Chunk = integers.Panel.Chunk with { Isa = s_avx512 } }, "own chunk");
    }

    /// <summary>Every product has a kernel of a few rows wherever it has one of many.</summary>
    [Fact]
    public void Rows_HaveAKernelForEachProductOfManyTokens()
    {
        Assert.Equal(
            Kernels<FloatMatMulPlan>().Where(static kernel => kernel.Class == RowClass.Prompt)
                .Select(static kernel => (kernel.Isa, kernel.Product, kernel.Format)),
            Kernels<FloatMatMulPlan>().Where(static kernel => kernel.Class == RowClass.Decode)
                .Select(static kernel => (kernel.Isa, kernel.Product, kernel.Format)));
        Assert.Equal(
            Kernels<IntegerMatMulPlan>().Select(static kernel => (kernel.Isa, kernel.Product, kernel.Format)),
            Kernels<IntegerMatRowsPlan>().Select(static kernel => (kernel.Isa, kernel.Product, kernel.Format)));
    }

    [Fact]
    public void Sums_OfAKind_HaveOneOrderOnAllInstructionSets()
    {
        Assert.Single(Kernels<FloatMatVecPlan>().Select(static kernel => kernel.Tile.Chains).Distinct());
        foreach (string form in (string[])["Decode", "Prefill"])
        {
            Assert.Single(Kernels<ScoresPlan>().Where(kernel => kernel.Form.Name == form).Select(Chains).Distinct());
            Assert.Single(Kernels<MixPlan>().Where(kernel => kernel.Form.Name == form).Select(MixChains).Distinct());
        }
    }

    /// <summary>What products may choose is numbered as the dispatcher numbers it, and is written.</summary>
    [Fact]
    public void Variants_ThatNobodyKnows_AreRefused()
    {
        KernelVariantPlan variant = s_plan.Variants.First(static variant => variant.Format.Name == "Q4_0" && !variant.ManyTokens);
        Refused(() => PlanVerifier.Verify(s_plan, variant with { Number = variant.Number + 1 }), "number");
        Refused(() => PlanVerifier.Verify(s_plan, variant with { Number = 0 }), "number");
        Refused(() => PlanVerifier.Verify(s_plan, variant with { Isa = new Avx2(registers: 32) }), "is written");
    }

    [Fact]
    public void Arguments_ThatKernelsDoNotStand_AreRefused()
    {
        Refused(() => PlanVerifier.Verify(new ReadAheadPlan(4000, 64)), "lines");
        Refused(() => PlanVerifier.Verify(new ReadAheadPlan(64, 128)), "first level");
        Refused(() => PlanVerifier.Verify(new ReadAheadPlan(64, -64)), "first level");
        Refused(() => PlanVerifier.VerifyTokenBlock(s_plan, 0), "has some");
        Refused(() => PlanVerifier.VerifyTokenBlock(s_plan, 60), "block of tokens");
    }

    private static int Chains(ScoresPlan kernel) => kernel.Tile.Chains;

    private static int MixChains(MixPlan kernel) => kernel.Tile.Chains;

    private static TKernel Kernel<TKernel>(Dialect isa)
        where TKernel : KernelPlan => Kernels<TKernel>().First(kernel => kernel.Isa == isa);

    // The first kernel of a few rows in decode's order.
    private static TKernel Rows<TKernel>(Dialect isa, Func<TKernel, RowClass> classOf)
        where TKernel : KernelPlan => Kernels<TKernel>().First(kernel => kernel.Isa == isa && classOf(kernel) == RowClass.Decode);

    private static IEnumerable<TKernel> Kernels<TKernel>()
        where TKernel : KernelPlan =>
        s_plan.Kernels.SelectMany(static target => target.Families).SelectMany(static family => family.Kernels).OfType<TKernel>();

    private static void Refused(KernelPlan kernel, string rule) => Refused(() => PlanVerifier.Verify(s_plan, kernel), rule);

    private static void Refused(Action verify, string rule)
    {
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(verify);
        Assert.Contains(rule, refusal.Message, StringComparison.Ordinal);
    }

    private sealed record Unknown(Dialect Isa) : KernelPlan(Isa);
}
