using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission;

/// <summary>Attention.g.cs: one pass over the cache, block by block, for one KV head and the query rows that share it.</summary>
internal static class AttentionEmitter
{
    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        string element = KvCacheEmitter.ElementType(spec);
        string kind = spec.GroupSize == 1 ? "multi-head: one query head for each KV head" : spec.KvHeads == 1 ? "multi-query: all query heads share one KV head" : $"grouped-query: {Text.Int(spec.GroupSize)} query heads share a KV head";
        SourceWriter writer = new();
        ModelFile.Write(writer, spec, () =>
        {
            writer.Line("/// <summary>Rotates one KV head's keys and its group's queries of one token, and stores keys and values.</summary>");
            writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
            writer.Block("private unsafe void RotateAndStore(LayerWeights* w, int layer, int kvHead, int position, float* qkv)", () =>
            {
                writer.Line("float* cos = _scratch.Cos + (position * (long)HeadDim);");
                writer.Line("float* sin = _scratch.Sin + (position * (long)HeadDim);");
                writer.Line("float* q = qkv + QueryOffset + (kvHead * GroupSize * HeadDim);");
                writer.Line("float* k = qkv + KeyOffset + (kvHead * HeadDim);");
                writer.Line("float* v = qkv + ValueOffset + (kvHead * HeadDim);");
                if (spec.QkvBias)
                {
                    writer.Line("AddBias(q, w->QueryBias + (kvHead * GroupSize * HeadDim), GroupSize * HeadDim);");
                    writer.Line("AddBias(k, w->KeyBias + (kvHead * HeadDim), HeadDim);");
                    writer.Line("AddBias(v, w->ValueBias + (kvHead * HeadDim), HeadDim);");
                }

                writer.Nested("for (int head = 0; head < GroupSize; head++)", "Kernels.RotateQuery(q + (head * HeadDim), cos, sin);");
                writer.Line("Kernels.RotateKey(k, cos, sin);");
                writer.Line();
                writer.Line("int place = position % BlockPositions;");
                writer.Line($"{element}* keys = KvCache.Head(_blocks, position / BlockPositions, layer, kvHead);");
                writer.Line($"{element}* values = keys + (HeadDim * BlockPositions) + (place * Slice);");
                writer.Line("keys += (place / PositionTile * HeadDim * PositionTile) + (place % PositionTile);");
                writer.Nested("for (int i = 0; i < HeadDim; i++)", $"keys[i * PositionTile] = {Stored("k[i]")};");
                writer.Block("for (int slice = 0; slice < HeadDim; slice += Slice, values += BlockPositions * Slice)", () =>
                    writer.Nested("for (int i = 0; i < Slice; i++)", $"values[i] = {Stored("v[slice + i]")};"));
            });
            if (spec.QkvBias)
            {
                writer.Line();
                writer.Block("private static unsafe void AddBias(float* y, float* bias, int count)", () =>
                    writer.Nested("for (int i = 0; i < count; i++)", "y[i] += bias[i];"));
            }

            writer.Line();
            writer.Line($"/// <summary>y = softmax(q · Kᵀ / sqrt(HeadDim)) · V for one token and one KV head ({kind}).</summary>");
            writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
            writer.Block("private unsafe void AttendToken(int layer, int kvHead, ref Scratch.Thread t)", () =>
            {
                writer.Line("float* q = _scratch.Qkv + QueryOffset + (kvHead * GroupSize * HeadDim);");
                WriteBlocks(writer, plan, element, spec.GroupSize, "_position + 1", _ => "visible");
                writer.Block("for (int row = 0; row < GroupSize; row++)", () =>
                    writer.Line("Kernels.Normalize(t.Mixed + (row * HeadDim), t.Sum[row], _scratch.Attended + (((kvHead * GroupSize) + row) * HeadDim));"));
            });

            writer.Line();
            writer.Line($"/// <summary>The same for {plan.PrefillTokenTile} tokens of a prefill, from <paramref name=\"first\"/> on: their query heads share every load of K and V.</summary>");
            writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
            writer.Block("private unsafe void AttendTokens(int layer, int kvHead, int first, ref Scratch.Thread t)", () =>
            {
                writer.Line("// A tile that runs out of tokens repeats the last one, and drops what it computes for it.");
                writer.Line("int last = Math.Min(first + PrefillTokenTile, _tokens) - 1;");
                writer.Line("float* q = t.Queries;");
                writer.Block("for (int token = 0; token < PrefillTokenTile; token++)", () =>
                {
                    writer.Line("float* from = _scratch.Qkv + (Math.Min(first + token, last) * (long)QkvStride) + QueryOffset + (kvHead * GroupSize * HeadDim);");
                    writer.Line("Unsafe.CopyBlockUnaligned(q + (token * GroupSize * HeadDim), from, GroupSize * HeadDim * sizeof(float));");
                });
                WriteBlocks(writer, plan, element, plan.PrefillRows, "_position + last + 1", row => $"_position + Math.Min(first + ({row} / GroupSize), last) + 1");
                writer.Block("for (int row = 0; row < (last + 1 - first) * GroupSize; row++)", () =>
                {
                    writer.Line("float* y = _scratch.Attended + ((first + (row / GroupSize)) * (long)QueryDimStride) + (((kvHead * GroupSize) + (row % GroupSize)) * HeadDim);");
                    writer.Line("Kernels.Normalize(t.Mixed + (row * HeadDim), t.Sum[row], y);");
                });
            });

            writer.Line();
            writer.Line("// Positions that a query does not see weigh nothing.");
            writer.Block("private static unsafe void Mask(float* scores, int begin, int end)", () =>
                writer.Nested("for (int i = begin; i < end; i++)", "scores[i] = float.NegativeInfinity;"));
        }, usings: KvCacheEmitter.ContractsAlias);
        return writer.ToString();

        string Stored(string value) => spec.KvCache == KvFormat.F16 ? $"BitConverter.HalfToUInt16Bits((Half){value})" : value;
    }

    // The loop over blocks of positions. visibleOf gives the number of positions that a row sees, as an expression.
    private static void WriteBlocks(SourceWriter writer, ModelPlan plan, string element, int rows, string visible, System.Func<string, string> visibleOf)
    {
        string count = Text.Int(rows);
        writer.Line($"int visible = {visible};");
        writer.Line($"new Span<float>(t.Max, {count}).Fill(-1e30f);");
        writer.Line($"new Span<float>(t.Sum, {count}).Clear();");
        writer.Line($"new Span<float>(t.Mixed, {count} * HeadDim).Clear();");
        string start = "0";
        if (plan.HasWindow)
            start = visible == "_position + 1" ? "Math.Max(0, visible - SlidingWindow) / BlockPositions" : "Math.Max(0, _position + first + 1 - SlidingWindow) / BlockPositions";
        writer.Block($"for (int block = {start}; block * BlockPositions < visible; block++)", () =>
        {
            writer.Line("int begin = block * BlockPositions;");
            writer.Line("int count = Math.Min(BlockPositions, visible - begin);");
            writer.Line("int padded = (count + PositionTile - 1) / PositionTile * PositionTile;");
            writer.Line($"{element}* k = KvCache.Head(_blocks, block, layer, kvHead);");
            writer.Line($"Kernels.Scores{count}(q, k, t.Scores, count);");
            writer.Block($"for (int row = 0; row < {count}; row++)", () =>
            {
                writer.Line("float* scores = t.Scores + (row * BlockPositions);");
                if (visibleOf("row") == "visible")
                {
                    writer.Line("Mask(scores, count, padded);");
                    if (plan.HasWindow)
                        writer.Line("Mask(scores, 0, Math.Min(padded, visible - SlidingWindow - begin));");
                }
                else
                {
                    writer.Line($"int seen = {visibleOf("row")} - begin;");
                    writer.Line("Mask(scores, Math.Max(0, seen), padded);");
                    if (plan.HasWindow)
                        writer.Line("Mask(scores, 0, Math.Min(padded, seen - SlidingWindow));");
                }
            });
            writer.Line($"Kernels.Softmax{count}(t.Scores, t.Max, t.Sum, t.Scale, padded);");
            writer.Line($"Kernels.Mix{count}(t.Scores, k + (HeadDim * BlockPositions), t.Mixed, t.Scale, count);");
        });
    }
}
