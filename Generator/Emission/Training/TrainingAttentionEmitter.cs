using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>
/// TrainingAttention.g.cs: causal attention of one sequence and one KV head, a block of queries at a time. Scores are never kept: the
/// backward pass computes a block of them anew, from the logarithm of their softmax's sum (as in FlashAttention, Dao et al., arXiv
/// 2205.14135).
/// </summary>
internal static class TrainingAttentionEmitter
{
    public static string Write(ModelPlan plan)
    {
        return EngineFile.Write(plan.Spec, writer => writer.Block(TrainingEngineEmitter.Class, () =>
        {
            writer.Line("// Sequences and KV heads are dealt out as threads come for more: whoever computes one, "
                + "it is summed in the same order.");
            writer.Method("private void AttendAll(int layer, bool backward, ref Memory.Thread t)", () =>
            {
                writer.Line("int items = (Starts.Length - 1) * KvHeads;");
                writer.Block("for (int item = TakeItem(layer); item < items; item = TakeItem(layer))", () =>
                {
                    writer.Nested("if (backward)", "AttendBackward(layer, item / KvHeads, item % KvHeads, ref t);");
                    writer.Nested("else", "Attend(layer, item / KvHeads, item % KvHeads, ref t);");
                });
            });
            writer.Line();
            writer.Line("/// <summary>y = softmax(q · Kᵀ / sqrt(HeadDim)) · V.</summary>");
            writer.HotMethod("private void Attend(int layer, int sequence, int kvHead, ref Memory.Thread t)", () =>
            {
                WritePlace(writer);
                writer.Line("float* attended = m.Attended + (((layer * m.LayerRows) + start) * QueryDimStride);");
                writer.Line("float* logSums = m.LogSums + (((layer * m.LayerRows) + start) * Heads);");
                writer.Line("PackHead(keys, length, t.Keys);");
                WriteBlocks(writer, plan, () =>
                {
                    writer.Block("for (int row = 0; row < rows; row++)", () =>
                    {
                        WriteSeen(writer, plan);
                        writer.Line("Kernels.SoftmaxRow(t.Scores + (row * (nint)PositionStride), hidden, seen, count, "
                            + "logSums + ((first + row) * (nint)Heads) + head);");
                    });
                    writer.Line("Kernels.MixRows(t.Scores, values + (begin * (nint)QkvStride), QkvStride, "
                        + "attended + (first * (nint)QueryDimStride) + (head * HeadDim), "
                        + "QueryDimStride, rows, first + 1 - begin, m.Zeros);");
                });
            });
            writer.Line();
            writer.Line("/// <summary>dV = Pᵀ · dy, dS = P ⊙ (dy · Vᵀ - dy · y) / sqrt(HeadDim), dq = dS · K, dK = dSᵀ · q.</summary>");
            writer.HotMethod("private void AttendBackward(int layer, int sequence, int kvHead, ref Memory.Thread t)", () =>
            {
                WritePlace(writer);
                writer.Line("float* attended = m.Attended + (((layer * m.LayerRows) + start) * QueryDimStride);");
                writer.Line("float* logSums = m.LogSums + (((layer * m.LayerRows) + start) * Heads);");
                writer.Line("float* attendedGradient = m.AttendedGradient + (start * (nint)QueryDimStride);");
                writer.Line("float* gradient = m.QkvGradient + (start * (nint)QkvStride);");
                writer.Line("float* keyGradient = gradient + KeyOffset + (kvHead * HeadDim);");
                writer.Line("float* valueGradient = gradient + ValueOffset + (kvHead * HeadDim);");
                writer.Line("PackHead(keys, length, t.Keys);");
                writer.Line("PackHead(values, length, t.Values);");
                writer.Block("for (int row = 0; row < length; row++)", () =>
                {
                    writer.Line("new FloatSpan(keyGradient + (row * (nint)QkvStride), HeadDim).Clear();");
                    writer.Line("new FloatSpan(valueGradient + (row * (nint)QkvStride), HeadDim).Clear();");
                });
                WriteBlocks(writer, plan, () =>
                {
                    writer.Line("float* y = attended + (first * (nint)QueryDimStride) + (head * HeadDim);");
                    writer.Line("float* dy = attendedGradient + (first * (nint)QueryDimStride) + (head * HeadDim);");
                    WritePanels(writer, plan, "QueryDim", "dy", "t.Values", "t.Slopes");
                    writer.Block("for (int row = 0; row < rows; row++)", () =>
                    {
                        WriteSeen(writer, plan);
                        writer.Line("nint at = row * (nint)PositionStride, query = row * (nint)QueryDimStride;");
                        writer.Line("Kernels.SoftmaxBackward(t.Scores + at, t.Slopes + at, y + query, dy + query, "
                            + "logSums[((first + row) * (nint)Heads) + head], hidden, seen, count);");
                    });
                    writer.Line("nint below = begin * (nint)QkvStride;");
                    writer.Line("Kernels.MixRows(t.Slopes, keys + below, QkvStride, "
                        + "gradient + (first * (nint)QkvStride) + (head * HeadDim), QkvStride, rows, first + 1 - begin, m.Zeros);");
                    writer.Line("Kernels.SpreadColumns(t.Slopes, q, QkvStride, keyGradient + below, QkvStride, count, rows, "
                        + "first - begin);");
                    writer.Line("Kernels.SpreadColumns(t.Scores, dy, QueryDimStride, valueGradient + below, QkvStride, count, rows, "
                        + "first - begin);");
                });
            });
            writer.Line();
            writer.Line("// Panels of 32 positions, each element of them side by side.");
            writer.Method("private static void PackHead(float* rows, int length, float* panels)", () =>
                writer.Block("for (int position = 0; position < length; position += PanelRows)", () =>
                    writer.Line("Kernels.PackTransposed(rows + (position * (nint)QkvStride), QkvStride, "
                        + "Math.Min(PanelRows, length - position), HeadDim, panels + (position * HeadDim));")));
        }));
    }

    private static void WritePlace(SourceWriter writer)
    {
        writer.Line("Memory m = _memory;");
        writer.Line("int start = Starts[sequence], length = Starts[sequence + 1] - start;");
        writer.Line("float* qkv = m.Qkv + (((layer * m.LayerRows) + start) * QkvStride);");
        writer.Line("float* keys = qkv + KeyOffset + (kvHead * HeadDim);");
        writer.Line("float* values = qkv + ValueOffset + (kvHead * HeadDim);");
    }

    // Every query head of the group, a block of queries at a time, with their scores.
    private static void WriteBlocks(SourceWriter writer, ModelPlan plan, System.Action body) =>
        writer.Block("for (int head = kvHead * GroupSize; head < (kvHead + 1) * GroupSize; head++)", () =>
            writer.Block("for (int first = 0; first < length; first += QueryBlock)", () =>
            {
                writer.Line("int rows = Math.Min(QueryBlock, length - first);");
                writer.Line($"int begin = {VisibleText.FirstMultiple(plan.Visible, "first", "PanelRows")};");
                writer.Line("int count = first + rows - begin;");
                writer.Line("float* q = qkv + (first * (nint)QkvStride) + (head * HeadDim);");
                WritePanels(writer, plan, "Qkv", "q", "t.Keys", "t.Scores");
                body();
            }));

    // Rows that see nothing of a panel are left out.
    private static void WritePanels(SourceWriter writer, ModelPlan plan, string stride, string rows, string panels, string scores) =>
        writer.Block("for (int position = begin; position < begin + count; position += PanelRows)", () =>
        {
            writer.Line("int skip = Math.Max(0, position - first);");
            string kernel = "Kernels.Rows" + plan.Training!.InputStride(stride);
            writer.Line($"{kernel}({rows} + (skip * (nint){stride}Stride), {panels} + (position * HeadDim), "
                + $"{scores} + (skip * (nint)PositionStride) + position - begin, PositionStride, rows - skip, HeadDim, false, m.Zeros);");
        });

    private static void WriteSeen(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("int seen = first + row + 1 - begin;");
        writer.Line($"int hidden = {VisibleText.Hidden(plan.Visible, "seen")};");
    }
}
