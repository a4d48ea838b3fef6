using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Model;

/// <summary>The constants at the head of Model.g.cs: the only place where a dimension stands as a number.</summary>
internal static class ConstantsEmitter
{
    public static void Write(SourceWriter writer, ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        Public("Dim", spec.Dim, "Width of the residual stream.");
        Public("FfnDim", spec.FfnDim, "Inner width of the feed-forward network.");
        Public("Layers", spec.Layers, "Number of transformer layers.");
        Public("Heads", spec.Heads, "Number of query heads.");
        Public("KvHeads", spec.KvHeads, "Number of key and value heads.");
        Public("HeadDim", spec.HeadDim, "Width of one head.");
        Public("QueryDim", spec.QueryDim, "Width of all query heads together.");
        Public("KvDim", spec.KvDim, "Width of all key (or value) heads together.");
        Public("GroupSize", spec.GroupSize, "Query heads that share one key and value head.");
        Public("VocabSize", spec.VocabSize, "Number of tokens in the vocabulary.");
        Public("Context", spec.Context, "Most positions a sequence can have.");
        writer.Line("/// <summary>Number of weights, embeddings included.</summary>");
        writer.Line($"public const long Parameters = {Code.Int(ParameterCount.Total(spec))};");
        writer.Line($"private const float NormEps = {Code.Float(spec.NormEps)};");
        if (plan.HasWindow)
            Private("SlidingWindow", spec.SlidingWindow);
        writer.Line();
        writer.Line("// Layout: rows of a weight panel, rows of scratch buffers, positions of the cache.");
        Private("PanelRows", ModelPlan.PanelRows);
        Private("ColumnBlock", ModelPlan.ColumnBlock);
        Private("PaddedDim", ModelPlan.Pad(spec.Dim, ModelPlan.PanelRows));
        Private("PaddedVocabSize", ModelPlan.Pad(spec.VocabSize, ModelPlan.PanelRows));
        Private("DimStride", ModelPlan.RowStride(spec.Dim));
        Private("QueryDimStride", ModelPlan.RowStride(spec.QueryDim));
        Private("FfnDimStride", ModelPlan.RowStride(spec.FfnDim));
        Private("QueryOffset", 0);
        Private("KeyOffset", plan.KeyOffset);
        Private("ValueOffset", plan.ValueOffset);
        Private("QkvStride", ModelPlan.RowStride(plan.ValueOffset + spec.KvDim));
        Private("PositionTile", CacheLayout.PositionTile);
        Private("BlockPositions", plan.Cache.BlockPositions);
        Private("CacheBlocks", plan.Cache.Blocks);
        Private("Slice", plan.Cache.Slice);
        Private("KeyTileElements", plan.Cache.KeyTileElements);
        if (plan.Cache.IsScaled)
            Private("ValueScalesOffset", plan.Cache.ValueScalesOffset);
        Private("ValuesOffset", plan.Cache.ValuesOffset);
        Private("HeadBlockElements", plan.Cache.HeadBlockElements);
        writer.Line("private const long BlockElements = (long)HeadBlockElements * KvHeads * Layers;");
        Private("DecodeBarriers", Scheduler.Of(plan.Graph.Decode).BarriersPerToken(spec.Layers));
        Private("PrefillChunk", plan.PrefillChunk);
        Private("LogitRowCount", plan.LogitRowCount);
        Private("LogitStride", ModelPlan.RowStride(spec.VocabSize));
        Private("PrefillTokenTile", plan.PrefillTokenTile);
        writer.Line("private const float LowestMax = -1e30f;");
        Private("PrefillTiles", plan.PrefillTiles);
        Private("QueryRows", plan.PrefillRows);
        Private("PaddedHeads", plan.PaddedHeads);
        foreach (MatrixPlan matrix in plan.Matrices)
            Private(matrix.Name + "Panels", matrix.Panels);
        List<(string Name, int Count)> quantized = plan.ColumnKinds.Where(kind => plan.IsQuantized(kind.Count)).ToList();
        if (quantized.Count > 0)
        {
            writer.Line();
            writer.Line("// 8-bit activations: where the parts of a row's record lie.");
            Private("TokenBlock", ModelPlan.TokenBlock);
            Private("UnpackedFloats", plan.UnpackedFloats);
            foreach ((string name, int count) in quantized)
            {
                RecordPlan record = plan.Record(count);
                foreach (RecordPart part in record.Parts)
                    Private(name + part.Name + "At", part.At);
                Private(name + "RecordBytes", record.Bytes);
            }

            string widest = quantized.OrderBy(kind => plan.Record(kind.Count).Bytes).Last().Name;
            writer.Line($"private const int MaxRecordBytes = {widest}RecordBytes;");
        }

        void Public(string name, int value, string summary)
        {
            writer.Line($"/// <summary>{summary}</summary>");
            writer.Line($"public const int {name} = {Code.Int(value)};");
        }

        void Private(string name, int value) => writer.Line($"private const int {name} = {Code.Int(value)};");
    }
}
