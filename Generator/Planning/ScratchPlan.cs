using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Planning;

/// <summary>A number that a buffer's size is a multiple of: what emitted code calls it, and what it is.</summary>
internal readonly record struct SizeFactor(string Name, long Value);

/// <summary>A buffer of floats of a forward pass.</summary>
/// <param name="Name">As in Scratch.X.</param>
/// <param name="Shape">What it holds.</param>
/// <param name="Factors">Whose product is its size.</param>
internal sealed record ScratchBuffer(string Name, string Shape, params SizeFactor[] Factors)
{
    // Each begins on a cache line of its own, so that threads never share one.
    private const int Alignment = 32;

    /// <summary>Floats that it takes.</summary>
    public long Floats => (Factors.Aggregate(1L, static (size, factor) => size * factor.Value) + Alignment - 1) / Alignment * Alignment;

    /// <summary>The same, as emitted code says it.</summary>
    public string FloatsText => $"(((long){string.Join(" * ", Factors.Select(static factor => factor.Name))} + 31) & ~31L)";
}

/// <summary>Every buffer of a forward pass: those that threads share, and those that each has for itself.</summary>
internal sealed class ScratchPlan
{
    public ScratchPlan(ModelPlan plan)
    {
        SizeFactor chunk = new("PrefillChunk", plan.PrefillChunk),
            context = new("Context", plan.Spec.Context),
            headDim = new("HeadDim", plan.Spec.HeadDim),
            dim = new("DimStride", ModelPlan.RowStride(plan.Spec.Dim)),
            query = new("QueryDimStride", ModelPlan.RowStride(plan.Spec.QueryDim)),
            blocks = new("CacheBlocks", plan.Cache.Blocks),
            decoded = new("DecodeRowCount", plan.DecodeRows),
            heads = new("PaddedHeads", plan.PaddedHeads),
            positions = new("BlockPositions", plan.Cache.BlockPositions),
            tiles = new("PrefillTiles", plan.PrefillTiles),
            rows = new("QueryRows", plan.PrefillRows),
            record = new("(MaxRecordBytes / sizeof(float))", plan.MaxRecordBytes / sizeof(float));
        bool quantized = plan.MaxRecordBytes > 0;
        Shared =
        [
            new("X", "[tokens, Dim] the residual stream", chunk, dim),
            new("Normed", "[tokens, Dim] its norm, shared in prefill", chunk, dim),
            new("Qkv", "[tokens, queries | keys | values]", chunk, new("QkvStride", ModelPlan.QkvStride(plan.Spec))),
            new("Attended", "[tokens, QueryDim]", chunk, query),
            new("Partials", "[tokens, blocks, QueryDim] attention of a token over each block of the cache", decoded, blocks, query),
            new("Max", "[tokens, blocks, Heads] of the softmax over each block", decoded, blocks, heads),
            new("Sum", "[tokens, blocks, Heads] of the softmax over each block", decoded, blocks, heads),
            .. plan.OwnsResidual ? [new ScratchBuffer("Projected", "[tokens, Dim] before its norm", chunk, dim)] : (ScratchBuffer[])[],
            new("Hidden", "[tokens, FfnDim]", chunk, new("FfnDimStride", ModelPlan.RowStride(plan.Spec.FfnDim))),
            new("LogitRows", "[tokens, VocabSize] where more than the last token's logits are wanted",
                new("LogitRowCount", plan.LogitRowCount), new("LogitStride", ModelPlan.RowStride(plan.Spec.VocabSize))),
            new("Cos", "[Context, HeadDim]", context, headDim),
            new("Sin", "[Context, HeadDim], signed for each element of a pair", context, headDim),
            .. plan.LocalFrequencies.Count > 0
                ?
                [
                    new ScratchBuffer("LocalCos", "[Context, HeadDim] of layers with a base of their own", context, headDim),
                    new ScratchBuffer("LocalSin", "[Context, HeadDim]", context, headDim),
                ]
                : (ScratchBuffer[])[],
            .. plan.MixesRotations
                ? [new ScratchBuffer("PlainCos", "[HeadDim] ones", headDim), new ScratchBuffer("PlainSin", "[HeadDim] zeros", headDim)]
                : (ScratchBuffer[])[],
            .. plan.Spec.AttentionTemperature > 0
                ?
                [
                    new ScratchBuffer("QueryCos", "[Context, HeadDim] of queries, which grow with their position", context, headDim),
                    new ScratchBuffer("QuerySin", "[Context, HeadDim]", context, headDim),
                ]
                : (ScratchBuffer[])[],
            .. quantized ? [new ScratchBuffer("Records", "[tokens] 8-bit activations", chunk, record)] : (ScratchBuffer[])[],
        ];
        SizeFactor padded = new("PaddedDim", ModelPlan.Pad(plan.Spec.Dim, ModelPlan.PanelRows));
        Own =
        [
            .. plan.OwnsResidual ? [new ScratchBuffer("X", "[Dim] the residual stream of one token", padded)] : (ScratchBuffer[])[],
            new("Normed", "[Dim] the norm of one token", padded),
            .. plan.NormsProjections
                ?
                [
                    new ScratchBuffer(
                        "Qkv", "[queries | keys | values] of one token", new SizeFactor("QkvStride", ModelPlan.QkvStride(plan.Spec))),
                ]
                : (ScratchBuffer[])[],
            .. quantized
                ?
                [
                    new ScratchBuffer("Record", "8-bit activations of one token", record),
                    new ScratchBuffer(
                        "Unpacked",
                        "one panel of integer weights: scales, minima, codes",
                        new SizeFactor("UnpackedFloats", plan.UnpackedFloats)),
                ]
                : (ScratchBuffer[])[],
            new("Attended", "[QueryDim] of one token", query),
            new("Factors", "[blocks, Heads] what each block counts", blocks, heads),
            new("Keys", "a block's keys as floats", headDim, positions),
            new("Values", "a block's values as floats", headDim, positions),
            new("Queries", "[rows, HeadDim] rotated queries", tiles, rows, headDim),
            new("Scores", "[rows, BlockPositions]", rows, positions),
            new("Mixed", "[rows, HeadDim] weighted values", tiles, rows, headDim),
            new("Max", "[rows] of the online softmax", tiles, rows),
            new("Sum", "[rows] of the online softmax", tiles, rows),
            new("Scale", "[rows] of the online softmax", rows),
            new(
                "Sums",
                "[tokens, 32] of a panel, or [tokens, chains, 32]",
                new("SumRows", plan.SumRows),
                new("PanelRows", ModelPlan.PanelRows)),
        ];
    }

    /// <summary>There once.</summary>
    public IReadOnlyList<ScratchBuffer> Shared { get; }

    /// <summary>There for each thread.</summary>
    public IReadOnlyList<ScratchBuffer> Own { get; }

    /// <summary>Bytes of all of them.</summary>
    public long BytesFor(int threads) =>
        (Shared.Sum(static buffer => buffer.Floats) + (threads * Own.Sum(static buffer => buffer.Floats))) * sizeof(float);
}
