using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Planning;

/// <summary>
/// Checks a plan against what emitted code relies on: tiles that stay in registers and divide what they tile, and methods far from
/// the size at which the JIT stops optimising. A violation is a bug of the planner, not of the user.
/// </summary>
internal static class PlanVerifier
{
    // RyuJIT leaves values in memory above some 1,000 locals and gives up above 20,000 instructions; a multiply-add is about 12.
    private const int MaxMultiplyAdds = 400;

    // A float holds every integer up to here.
    private const int LargestExact = 1 << 24;

    public static void Verify(ModelPlan plan)
    {
        foreach (TargetPlan target in plan.Kernels)
        {
            foreach (KernelFamily family in target.Families)
            {
                foreach (KernelPlan kernel in family.Kernels)
                    Verify(plan, kernel);
            }
        }

        foreach (KernelVariantPlan variant in plan.Variants)
            Verify(plan, variant);
        foreach (ReadAheadPlan ahead in ReadAheadPlan.Weights)
            Verify(ahead);
        foreach (int tokens in ModelPlan.TokenBlocks)
            VerifyTokenBlock(plan, tokens);

        Require(plan.Spec.HeadDim % plan.Cache.Slice == 0, "slices divide the head");
        Require(plan.Cache.PagePositions % CacheLayout.PositionTile == 0, "tiles divide a page");
        Require(plan.Cache.Blocks == 1 || plan.Cache.BlockPositions % plan.Cache.PagePositions == 0, "pages divide a block");
        foreach (Pass pass in new[] { plan.Graph.Decode, plan.Graph.DecodeRows, plan.Graph.Prefill, plan.Graph.Logits })
        {
            Schedule schedule = Scheduler.Of(pass);
            RequireBarriers(schedule.Layer.Concat(schedule.Layer).Concat(schedule.Output));
        }
    }

    /// <summary>Checks one kernel.</summary>
    public static void Verify(ModelPlan plan, KernelPlan kernel)
    {
        Dialect isa = kernel.Isa;
        int headDim = plan.Spec.HeadDim;
        switch (kernel)
        {
            case FloatMatVecPlan matVec:
                RequireDivides(matVec.Tile.RowVectors * isa.Lanes, ModelPlan.PanelRows, "a MatVec tile divides a panel", isa);
                RequireRegisters(matVec.Tile.Accumulators + 2, isa, "MatVec");
                RequireOrder(matVec.Tile.Chains, SumOrder.ColumnChains, "MatVec", isa);
                break;
            case FloatTilePlan tile:
                RequireDivides(tile.Rows, ModelPlan.PanelRows, "a MatMul tile divides a panel", isa);
                RequireRegisters(tile.Accumulators + tile.RowVectors + 1, isa, FloatMatMulPlan.Kind(tile.Class));
                RequireOrder(tile.Chains, SumOrder.Chains(tile.Class), FloatMatMulPlan.Kind(tile.Class), isa);
                RequireDivides(tile.Chains, ModelPlan.ColumnBlock, "a tile's chains divide a block of columns", isa);
                break;
            case FloatMatMulPlan matMul:
                RequireTails(matMul.Tiles.Select(tile => tile.Tokens).ToList(), FloatMatMulPlan.Kind(matMul.Class), isa);
                Require(
                    matMul.Tiles.All(tile =>
                        tile.Columns == matMul.Product.Columns && tile.Format == matMul.Format && tile.Class == matMul.Class),
                    "tiles are of the product's columns, format and class",
                    isa);
                break;
            case IntegerMatVecPlan matVec:
                VerifyChunk(matVec.Chunk, matVec.Product.ColumnCount);
                Require(matVec.VectorsTogether > 0 == isa.Lanes > 1, "rows are multiplied together where there are vectors", isa);
                if (matVec.VectorsTogether > 0)
                {
                    RequireDivides(matVec.VectorsTogether * isa.Lanes, ModelPlan.PanelRows, "rows multiplied together divide a panel", isa);
                    RequireRegisters(matVec.VectorsTogether * matVec.Chunk.Chains, isa, "integer MatVec");
                }

                VerifyLines(matVec.Lines, isa);
                break;
            case IntegerChunkKernelPlan shared:
                VerifyChunk(shared.Chunk, shared.Chunk.Format.Columns);
                break;
            case IntegerUnpackPlan unpack:
                RequireDivides(isa.Lanes, WeightBlock.GroupRows, "a vector's rows divide a group", isa);
                Require(unpack.Chunk.Isa == isa, "a panel is unpacked for the tiles that read it", isa);
                break;
            case IntegerTilePlan tile:
                RequireRowRegisters(tile.Chunk);
                break;
            case IntegerMatMulPlan matMul:
                RequireTails(matMul.Tiles.Select(tile => tile.Tokens).ToList(), "integer MatMul", isa);
                Require(
                    matMul.Tiles.All(tile => tile.Columns == matMul.Product.Columns && tile.Chunk == matMul.Chunk),
                    "tiles are of the product's columns and format",
                    isa);
                VerifyChunk(matMul.Chunk, matMul.Product.ColumnCount);
                break;
            case IntegerRowsPlan rows:
                RequireRowRegisters(rows.Chunk);
                Require(rows.MaxRows == ModelPlan.MaxDecodeRows, Text("rows at once are at most {0}", ModelPlan.MaxDecodeRows), isa);
                Require(rows.Chunk.Isa == isa, "rows are multiplied by the instruction set's own chunk", isa);
                VerifyLines(rows.Lines, isa);
                break;
            case IntegerMatRowsPlan matRows:
                Require(matRows.Panel.Columns == matRows.Product.Columns, "the panel's kernel is of the product's columns", isa);
                VerifyChunk(matRows.Panel.Chunk, matRows.Product.ColumnCount);
                break;
            case ScoresPlan scores:
                RequireDivides(scores.Tile.Rows, scores.Form.Rows, "a score tile divides the form's rows", isa);
                RequireDivides(scores.Tile.Vectors * isa.Lanes, CacheLayout.PositionTile, "a score tile divides a tile of the cache", isa);
                RequireDivides(scores.Tile.Chains, headDim, "a score tile divides the head", isa);
                RequireRegisters(scores.Tile.Accumulators + scores.Tile.Vectors + 1, isa, "Scores");
                RequireOrder(scores.Tile.Chains, SumOrder.ScoreChains(scores.Form), "Scores", isa);
                break;
            case SoftmaxPlan softmax:
                RequireDivides(SumOrder.Lanes, CacheLayout.PositionTile, "the lanes of a sum divide a tile of the cache", isa);
                RequireDivides(isa.Lanes, SumOrder.Lanes, "a vector divides the lanes of a sum", isa);
                break;
            case MixPlan mix:
                RequireDivides(mix.Tile.Rows, mix.Form.Rows, "a mix tile divides the form's rows", isa);
                RequireDivides(mix.Tile.Vectors * isa.Lanes, plan.Cache.Slice, "a mix tile divides a slice", isa);
                RequireRegisters(mix.Tile.Accumulators + mix.Tile.Vectors + 1, isa, "Mix");
                RequireOrder(mix.Tile.Chains, SumOrder.MixChains(mix.Form, plan.Cache.Slice), "Mix", isa);
                RequireDivides(mix.Tile.Chains, plan.Cache.PagePositions, "chains of a mix go on from page to page", isa);
                break;
            case CombinePlan combine:
                RequireDivides(combine.Vectors * isa.Lanes, headDim, "what is combined at once divides the head", isa);
                RequireDivides(combine.Heads.Lanes, plan.PaddedHeads, "a vector of heads divides all of them", isa);
                RequireRegisters(combine.Vectors + 2, isa, "Combine");
                break;
            case NormalizePlan:
                RequireDivides(isa.Lanes, headDim, "a vector divides the head", isa);
                break;
            case GatheringPlan gathering:
                int positions = CacheLayout.PositionTile * plan.Cache.Slice;
                RequireDivides(gathering.Vectors * isa.Lanes, positions, "vectors gathered at once divide a tile", isa);
                RequireDivides(gathering.Values.Lanes, plan.Cache.Slice, "a vector divides a slice", isa);
                break;
            case RmsNormPlan or AddNormPlan:
                RequireDivides(SumOrder.Lanes, ModelPlan.PanelRows, "the lanes of a sum divide a padded row", isa);
                RequireDivides(isa.Lanes, SumOrder.Lanes, "a vector divides the lanes of a sum", isa);
                break;
            case HeadKernelPlan head:
                RequireDivides(isa.Lanes, head.Elements, "a vector divides what is done to a head", isa);
                break;
            case QuantizePlan quantize:
                RequireDivides(2 * isa.Lanes, IntegerBlock.Chunk, "two vectors divide a chunk", isa);
                if (quantize.Widening is { } widened)
                    Require(widened.Lanes == IntegerBlock.Units, "a vector of 16-bit forms holds a chunk's units", isa);
                break;
            case TrainingProductsPlan products:
                VerifyTile(products.Tile, ModelPlan.PanelRows, isa);
                RequireDivides(products.Tile.Rows[0], TrainingPlan.RowBlock, "a training tile divides a block of rows", isa);
                break;
            case TrainingHeadsPlan heads:
                VerifyTile(heads.Tile, headDim, isa);
                break;
            case TrainingPointwisePlan pointwise:
                RequireDivides(pointwise.ColumnVectors * isa.Lanes, ModelPlan.PanelRows, "columns summed at once divide a panel", isa);
                RequireDivides(pointwise.HeadWidth.Lanes, headDim, "a vector divides the head", isa);
                RequireRegisters(pointwise.ColumnVectors + 2, isa, "column sums");
                break;
            case CapScoresPlan:
                RequireDivides(isa.Lanes, CacheLayout.PositionTile, "a vector divides a tile of the cache", isa);
                break;
            case FunctionsPlan:
                break;
            default:
                throw new InvalidOperationException($"A kernel of an unknown kind: {kernel.GetType().Name}.");
        }
    }

    /// <summary>Checks what a product may choose: every product of the format has such a kernel, and its number means no other.</summary>
    public static void Verify(ModelPlan plan, KernelVariantPlan variant)
    {
        List<KernelPlan> kernels = plan.Kernels.Where(target => target.Isa == variant.Isa)
            .SelectMany(target => target.Families).SelectMany(family => family.Kernels).ToList();
        foreach (ProductPlan product in plan.Products.Where(product => product.ColumnCount % variant.Format.Columns == 0))
        {
            bool exists = variant.ManyTokens
                ? kernels.OfType<IntegerMatMulPlan>().Any(kernel => kernel.Product == product && kernel.Format == variant.Format)
                    && kernels.OfType<IntegerMatRowsPlan>().Any(kernel => kernel.Product == product && kernel.Format == variant.Format)
                : kernels.OfType<IntegerMatVecPlan>().Any(kernel => kernel.Product == product && kernel.Format == variant.Format);
            Require(exists, $"what {product.Name} of {variant.Format.Name} may choose is written", variant.Isa);
        }

        IReadOnlyList<Dialect> targets = plan.TargetsOf(IntegerProduct.Of(variant.Format, variant.ManyTokens));
        bool known = variant.Number >= 1 && variant.Number <= targets.Count && targets[variant.Number - 1] == variant.Isa;
        Require(known, Text("the dispatcher knows number {0}", variant.Number), variant.Isa);
    }

    /// <summary>Checks how far ahead a kernel may be told to read.</summary>
    public static void Verify(ReadAheadPlan ahead)
    {
        Require(ahead.NearBytes >= 0 && ahead.NearBytes <= ahead.FarBytes, "the first level is asked for no more than the second");
        Require(ahead.FarBytes % ReadAheadPlan.CacheLine == 0 && ahead.NearBytes % ReadAheadPlan.CacheLine == 0, "lines are asked for");
    }

    /// <summary>Checks how many tokens a panel may be told to pass over at once: tiles leave none over but the last ones.</summary>
    public static void VerifyTokenBlock(ModelPlan plan, int tokens)
    {
        Require(tokens > 0, "a block of tokens has some");
        IEnumerable<KernelPlan> kernels = plan.Kernels.SelectMany(target => target.Families).SelectMany(family => family.Kernels);
        foreach (IntegerMatMulPlan kernel in kernels.OfType<IntegerMatMulPlan>())
            RequireDivides(kernel.Tiles[0].Tokens, tokens, "tiles divide a block of tokens", kernel.Isa);
    }

    // 8-bit activations lie in [-127, 127]. No chain may overflow, and a chunk's sum is exact in a float.
    private static void VerifyChunk(IntegerChunkPlan chunk, int columns)
    {
        Dialect isa = chunk.Isa;
        long factor = chunk.LargestFactor * 127L;
        RequireDivides(chunk.Format.Columns, columns, "a block divides a row", isa);
        RequireDivides(chunk.ChainUnits, IntegerBlock.Units, "a chain's units divide a chunk", isa);
        Require(chunk.IsWidened || chunk.SubUnits % chunk.ChainUnits == 0, "a chain has one scale", isa);
        long centred = chunk.Center is { } center ? (long)center.Center * 127 * chunk.Format.SubBlock : 0;
        long start = isa.ChainsBeginAnywhere ? centred : 0;
        Require(
            chunk.IsWidened || (factor * chunk.ChainUnits * isa.ChainProducts) + start <= isa.LargestChainSum,
            Text("a chain of {0} units of {1} does not overflow", chunk.ChainUnits, chunk.Format.Name),
            isa);
        bool exact = (factor * IntegerBlock.Chunk) + centred < LargestExact;
        Require(exact, $"the sum of a chunk of {chunk.Format.Name} is exact in a float", isa);
    }

    // The codes of a chunk, their scales, a token's chains and what it multiplies by.
    private static void RequireRowRegisters(IntegerChunkPlan chunk)
    {
        int scales = chunk.SubBlocks * (chunk.Format.HasMinima ? 2 : 1);
        RequireDivides(chunk.Isa.Lanes, ModelPlan.PanelRows, "a vector's rows divide a panel", chunk.Isa);
        RequireRegisters(IntegerBlock.Units + (chunk.IsWidened ? 1 : scales + chunk.Chains) + 1, chunk.Isa, "integer MatMul");
    }

    private static void VerifyLines(BlockLines lines, Dialect isa) => Require(
        (lines.WithChunk * lines.Chunks) + lines.AtBeginning == lines.All,
        "each line of a block is asked for once",
        isa);

    // A thread that skipped a barrier would corrupt silently: what is read whole has been waited for since others wrote to it.
    private static void RequireBarriers(IEnumerable<ScheduledStep> steps)
    {
        HashSet<PassBuffer> fresh = [];
        foreach (ScheduledStep scheduled in steps)
        {
            Step step = scheduled.Step;
            if (scheduled.BarrierBefore)
                fresh.Clear();
            if (step.Split is Split.Rows or Split.Replicated)
                Require(!step.Reads.Any(fresh.Contains), $"{step.Kind} of {string.Join(", ", step.Reads)} waits for its input");
            foreach (PassBuffer buffer in step.Writes)
            {
                if (step.Split == Split.Replicated)
                    fresh.Remove(buffer);
                else
                    fresh.Add(buffer);
            }
        }
    }

    private static void VerifyTile(TrainingTile tile, int columns, Dialect isa)
    {
        RequireDivides(tile.Vectors * isa.Lanes, columns, "a training tile divides the product's columns", isa);
        RequireTails(tile.Rows, "training", isa);
        RequireRegisters((tile.Rows[0] * tile.Vectors) + tile.Vectors + 1, isa, "training");
    }

    // Tiles come largest first and end with one, so that any number is taken up.
    private static void RequireTails(IReadOnlyList<int> sizes, string kernel, Dialect isa)
    {
        for (int i = 1; i < sizes.Count; i++)
            Require(sizes[i] < sizes[i - 1], $"{kernel} tiles come largest first", isa);
        Require(sizes[sizes.Count - 1] == 1, $"{kernel} tiles end with one", isa);
    }

    // Chains are the order of a sum, which no instruction set may have to itself.
    private static void RequireOrder(int chains, int order, string kernel, Dialect isa) =>
        Require(chains == order, Text("{0} sums in {1} chains, not {2}", kernel, order, chains), isa);

    private static void RequireDivides(int part, int whole, string rule, Dialect isa) =>
        Require(part > 0 && whole % part == 0, Text("{0} ({1} of {2})", rule, part, whole), isa);

    private static void RequireRegisters(int used, Dialect isa, string kernel)
    {
        Require(used <= isa.Registers, Text("the {0} tile of {1} values fits {2} registers", kernel, used, isa.Registers), isa);
        Require(used <= MaxMultiplyAdds, "a tile stays far from the JIT's limits", isa);
    }

    private static string Text(string format, params object[] values) => string.Format(CultureInfo.InvariantCulture, format, values);

    private static void Require(bool holds, string rule, Dialect? isa = null)
    {
        if (!holds)
            throw new InvalidOperationException($"The plan breaks a rule{(isa is null ? "" : " on " + isa.Name)}: {rule}.");
    }
}
