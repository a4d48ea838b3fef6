using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Model;

/// <summary>A model's sizes as constants: the only place where a dimension stands as a number.</summary>
internal static class Constants
{
    /// <summary>Those that callers see.</summary>
    public static void WritePublic(SourceWriter writer, ModelSpec spec)
    {
        foreach ((string name, int value, string summary) in Sizes(spec))
        {
            writer.Line($"/// <summary>{summary}</summary>");
            writer.Line($"public const int {name} = {Code.Readable(value)};");
            writer.Line();
        }

        writer.Line("/// <summary>Number of weights, embeddings included.</summary>");
        writer.Line($"public const long Parameters = {Code.Readable(ParameterCount.Total(spec))};");
    }

    /// <summary>Those that the engine computes with.</summary>
    public static void WriteEngine(SourceWriter writer, ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        writer.Line("// The model.");
        foreach ((string name, int value, string _) in Sizes(spec))
            Int(name, value);
        writer.Line($"private const float NormEps = {Code.Float(spec.NormEps)};");
        if (plan.Visible.Window is int window)
            Int("SlidingWindow", window);
        if (spec.RotaryDim > 0)
            Int("RotaryDim", spec.RotaryDim);
        Factor("EmbeddingScale", spec.EmbeddingScale, isUsed: spec.EmbeddingScale != 1);
        Factor("ResidualScale", spec.ResidualScale, isUsed: spec.ResidualScale != 1);
        Factor("LogitFactor", 1 / spec.LogitScale, isUsed: spec.LogitScale != 1 || spec.LogitSoftCap > 0);
        Factor("LogitSoftCap", spec.LogitSoftCap, isUsed: spec.LogitSoftCap > 0);
        Factor("ScoreCap", spec.AttentionSoftCap * 1.4426950408889634, isUsed: spec.AttentionSoftCap > 0);

        writer.Line();
        writer.Line("// Weights: rows of a panel, panels of each matrix, columns that one pass of a product takes.");
        Int("PanelRows", ModelPlan.PanelRows);
        Int("ColumnBlock", ModelPlan.ColumnBlock);
        foreach (MatrixPlan matrix in plan.Matrices)
            Int(matrix.Name + "Panels", matrix.Panels);

        writer.Line();
        writer.Line("// Buffers: floats of a padded row, and from one token's row to the next.");
        Int("PaddedDim", ModelPlan.Pad(spec.Dim, ModelPlan.PanelRows));
        Int("PaddedVocabSize", ModelPlan.Pad(spec.VocabSize, ModelPlan.PanelRows));
        Int("PaddedHeads", plan.PaddedHeads);
        Int("DimStride", ModelPlan.RowStride(spec.Dim));
        Int("QueryDimStride", ModelPlan.RowStride(spec.QueryDim));
        Int("FfnDimStride", ModelPlan.RowStride(spec.FfnDim));
        Int("LogitStride", ModelPlan.RowStride(spec.VocabSize));
        Int("QueryOffset", 0);
        Int("KeyOffset", plan.KeyOffset);
        Int("ValueOffset", plan.ValueOffset);
        Int("QkvStride", ModelPlan.RowStride(plan.ValueOffset + spec.KvDim));

        writer.Line();
        writer.Line("// The KV cache: positions of a block, of a page and of a tile of keys, elements of a head's parts in a page.");
        Int("BlockPositions", plan.Cache.BlockPositions);
        Int("BlockPages", plan.Cache.BlockPages);
        Int("CacheBlocks", plan.Cache.Blocks);
        Int("PagePositions", plan.Cache.PagePositions);
        Int("PositionTile", CacheLayout.PositionTile);
        Int("Slice", plan.Cache.Slice);
        Int("KeyTileElements", plan.Cache.KeyTileElements);
        if (plan.Cache.IsScaled)
            Int("ValueScalesOffset", plan.Cache.ValueScalesOffset);
        Int("ValuesOffset", plan.Cache.ValuesOffset);
        Int("HeadPageElements", plan.Cache.HeadPageElements);
        writer.Line("private const long PageElements = (long)HeadPageElements * KvHeads * Layers;");

        writer.Line();
        writer.Line("// Passes: tokens at once, query rows that share each load of keys and values, barriers of a decoded token.");
        Int("PrefillChunk", plan.PrefillChunk);
        Int("PrefillTokenTile", plan.PrefillTokenTile);
        Int("PrefillTiles", plan.PrefillTiles);
        Int("QueryRows", plan.PrefillRows);
        Int("LogitRowCount", plan.LogitRowCount);
        Int("DecodeRowCount", plan.DecodeRows);
        Int("SumRows", plan.SumRows);
        Int("DecodeBarriers", Scheduler.Of(plan.Graph.Decode).BarriersPerToken(spec.Layers));
        writer.Line("private const float LowestMax = -1e30f;");
        if (spec.KvCache == KvFormat.F16 || plan.Formats.Any(static format => format.HasUnit))
        {
            writer.Line();
            writer.Line(
                "// Halves: which of their bits mean something in a float's place, and what makes up for the exponent there, 2^112.");
            writer.Line($"private const int {Dialect.HalfBits} = unchecked((int)0x8FFFE000);");
            writer.Line($"private const float {Dialect.HalfFactor} = 5.1922969E+33f;");
        }

        WriteRecords();

        void Int(string name, int value) => writer.Line($"private const int {name} = {Code.Readable(value)};");

        void Factor(string name, double value, bool isUsed)
        {
            if (isUsed)
                writer.Line($"private const float {name} = {Code.Float(value)};");
        }

        void WriteRecords()
        {
            List<(string Name, int Count)> quantized = plan.ColumnKinds.Where(kind => plan.IsQuantized(kind.Count)).ToList();
            if (quantized.Count == 0)
                return;
            writer.Line();
            writer.Line("// 8-bit activations: where the parts of a row's record lie.");
            Int("UnpackedFloats", plan.UnpackedFloats);
            foreach ((string name, int count) in quantized)
            {
                RecordPlan record = plan.Record(count);
                foreach (RecordPart part in record.Parts)
                    Int(name + part.Name + "At", part.At);
                Int(name + "RecordBytes", record.Bytes);
            }

            writer.Line("private const int MaxRecordBytes = "
                + $"{quantized.OrderBy(kind => plan.Record(kind.Count).Bytes).Last().Name}RecordBytes;");
        }
    }

    /// <summary>Whether a size is among those that callers see.</summary>
    public static bool Has(ModelSpec spec, string name) => Sizes(spec).Any(size => size.Name == name);

    private static (string Name, int Value, string Summary)[] Sizes(ModelSpec spec) =>
    [
        ("Dim", spec.Dim, "Width of the residual stream."),
        ("FfnDim", spec.FfnDim, "Inner width of the feed-forward network."),
        ("Layers", spec.Layers, "Number of transformer layers."),
        ("Heads", spec.Heads, "Number of query heads."),
        ("KvHeads", spec.KvHeads, "Number of key and value heads."),
        ("HeadDim", spec.HeadDim, "Width of one head."),
        ("QueryDim", spec.QueryDim, "Width of all query heads together."),
        ("KvDim", spec.KvDim, "Width of all key (or value) heads together."),
        ("GroupSize", spec.GroupSize, "Query heads that share one key and value head."),
        ("VocabSize", spec.VocabSize, "Number of tokens in the vocabulary."),
        ("Context", spec.Context, "Most positions a sequence can have."),
    ];
}
