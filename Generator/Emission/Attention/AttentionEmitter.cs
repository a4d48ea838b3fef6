using System;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>Attention.g.cs: how keys and values get into the cache, and how queries meet it, block by block.</summary>
internal static class AttentionEmitter
{
    public static string Write(ModelPlan plan) => EngineFile.Write(plan.Spec, writer =>
    {
        WriteRotateQueries(writer, plan);
        writer.Line();
        WriteStore(writer, plan);
        writer.Line();
        WriteAttendBlock(writer, plan);
        writer.Line();
        WriteAttendTokens(writer, plan);
        writer.Line();
        WriteAttendTile(writer, plan);
        writer.Line();
        VisibleText.WriteMembers(writer, plan.Visible, plan.Spec.LayerPattern);
        WriteAngles(writer, plan);
        writer.Line("// Positions that a query does not see weigh nothing.");
        writer.Method("private static unsafe void Mask(float* scores, int begin, int end)", () =>
            writer.Nested("for (int i = begin; i < end; i++)", "scores[i] = float.NegativeInfinity;"));
        writer.Line();
        WritePlaces(writer, plan);
    });

    private static void WriteRotateQueries(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("/// <summary>The queries of one token and one KV head's group, "
            + "rotated to their position and scaled for the softmax.</summary>");
        string parameters = $"LayerWeights* w, {Layer(plan, "int ")}int kvHead, int position, float* qkv, float* to";
        writer.HotMethod($"private unsafe void RotateQueries({parameters})", () =>
        {
            WriteTurns(writer, plan, plan.Spec.AttentionTemperature > 0 ? "Query" : "");
            writer.Line("int first = kvHead * GroupSize * HeadDim;");
            writer.Line("float* q = qkv + QueryOffset + first;");
            writer.Block("for (int at = 0; at < GroupSize * HeadDim; at += HeadDim)", () =>
                HeadStepText.Write(writer, plan.Queries, "RotateQuery", "first + at", "q + at", "to + at"));
        });
    }

    // The layer as a further parameter or argument, where layers turn by different angles.
    private static string Layer(ModelPlan plan, string type = "") => plan.MixesRotations ? $"{type}layer, " : "";

    // The cosines and sines of a position, cos and sin.
    private static void WriteTurns(SourceWriter writer, ModelPlan plan, string whose)
    {
        if (plan.MixesRotations)
        {
            writer.Line("float* cos = Cosines(layer, position, out float* sin);");
            return;
        }

        writer.Line($"float* cos = _scratch.{whose}Cos + (position * (long)HeadDim);");
        writer.Line($"float* sin = _scratch.{whose}Sin + (position * (long)HeadDim);");
    }

    private static void WriteAngles(SourceWriter writer, ModelPlan plan)
    {
        if (!plan.MixesRotations)
            return;
        writer.Line("/// <summary>The cosines, and the sines, by which a layer turns what is at a position.</summary>");
        writer.Method("private unsafe float* Cosines(int layer, int position, out float* sines)", () =>
        {
            writer.Line("Scratch s = _scratch;");
            writer.Line("byte kind = LayerKinds[layer % LayerKinds.Length];");
            writer.Line("long at = position * (long)HeadDim;");
            if (plan.Spec.LayerPattern.Contains('N'))
            {
                writer.Block("if (kind == (byte)'N')", () =>
                {
                    writer.Line("sines = s.PlainSin;");
                    writer.Line("return s.PlainCos;");
                });
            }

            if (plan.LocalFrequencies.Count > 0)
            {
                writer.Block("if (kind == (byte)'L')", () =>
                {
                    writer.Line("sines = s.LocalSin + at;");
                    writer.Line("return s.LocalCos + at;");
                });
            }

            writer.Line("sines = s.Sin + at;");
            writer.Line("return s.Cos + at;");
        });
        writer.Line();
    }

    private static void WriteStore(SourceWriter writer, ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        string element = plan.Cache.ElementType;
        writer.Line("/// <summary>Rotates one KV head's key of one token, and stores key and value.</summary>");
        writer.HotMethod("private unsafe void StoreKeyAndValue(LayerWeights* w, int layer, int kvHead, int token, float* qkv)", () =>
        {
            writer.Line("int position = RowPositions[token];");
            WriteTurns(writer, plan, "");
            writer.Line("int first = kvHead * HeadDim;");
            writer.Line("float* k = qkv + KeyOffset + first;");
            writer.Line("float* v = qkv + ValueOffset + first;");
            HeadStepText.Write(writer, plan.Keys, "RotateKey", "first", "k", "k");
            HeadStepText.Write(writer, plan.Values, "RotateKey", "first", "v", "v");
            writer.Line();
            writer.Line("int place = position % PagePositions;");
            writer.Line($"{element}* head = (({element}**)RowPages[token])[position / PagePositions] + HeadInPage(layer, kvHead);");
            writer.Line($"{element}* keys = head + (place / PositionTile * KeyTileElements) + (place % PositionTile);");
            writer.Line($"{element}* values = head + ValuesOffset + (place * Slice);");
            if (plan.Cache.IsScaled)
                writer.Line("*KeyScale(head, place) = ScaleOf(k, out float inverse);");
            writer.Nested("for (int i = 0; i < HeadDim; i++)", $"keys[i * PositionTile] = {Stored("k[i]")};");
            if (plan.Cache.IsScaled)
                writer.Line("*ValueScale(head, place) = ScaleOf(v, out inverse);");
            writer.Block("for (int slice = 0; slice < HeadDim; slice += Slice, values += PagePositions * Slice)", () =>
                writer.Nested("for (int i = 0; i < Slice; i++)", $"values[i] = {Stored("v[slice + i]")};"));
        });
        if (spec.KvCache == KvFormat.F16)
        {
            string raise = Code.Int(CacheLayout.HalfRaise);
            writer.Line();
            writer.Line($"// A half of {raise} x. None is subnormal, since widened it would be so too, which is slow; "
                + "what is too large is cut,");
            writer.Line("// and what is not a number is one pattern of bits, since machines have several.");
            writer.Method("private static ushort ToHalf(float x)", () =>
            {
                writer.Line($"ushort bits = BitConverter.HalfToUInt16Bits((Half)Math.Clamp(x * {raise}f, -65504f, 65504f));");
                writer.Line("return (bits & 0x7C00) switch { 0 => 0, 0x7C00 => 0x7E00, _ => bits };");
            });
        }

        if (plan.Cache.IsScaled)
        {
            writer.Line();
            writer.Line("// The scale that makes 127 of a head's largest number, and its inverse; "
                + "what is not finite is kept by the scale.");
            writer.Method("private static unsafe float ScaleOf(float* head, out float inverse)", () =>
            {
                writer.Line("float top = 0f;");
                writer.Nested("for (int i = 0; i < HeadDim; i++)", "top = MathF.Max(top, MathF.Abs(head[i]));");
                writer.Line("inverse = top > 1E-36f ? 127f / top : 0f; // What is smaller has no inverse, and counts as nothing.");
                writer.Line("return top / 127f;");
            });
        }

        string Stored(string value) => spec.KvCache switch
        {
            KvFormat.F16 => $"ToHalf({value})",
            KvFormat.Int8 => $"(sbyte)MathF.Round({value} * inverse)",
            KvFormat.F32 => value,
            _ => throw new InvalidOperationException($"No cache stores {spec.KvCache}."),
        };
    }

    // Where things lie in the cache.
    private static void WritePlaces(SourceWriter writer, ModelPlan plan)
    {
        string element = plan.Cache.ElementType;
        writer.Line("/// <summary>Where a head's keys begin in a page; its values follow ValuesOffset elements later.</summary>");
        writer.Line("private static long HeadInPage(int layer, int kvHead) => unchecked(");
        writer.Line("    ((layer * KvHeads) + kvHead) * (long)HeadPageElements);");
        if (!plan.Cache.IsScaled)
            return;
        writer.Line();
        writer.Line("/// <summary>The scale of a position's key, given the head's keys in its page: scales follow each tile.</summary>");
        writer.Line($"private static unsafe float* KeyScale({element}* keys, int position) => unchecked(");
        writer.Line("    (float*)(keys + (position / PositionTile * KeyTileElements) + (HeadDim * PositionTile)) "
            + "+ (position % PositionTile));");
        writer.Line();
        writer.Line("/// <summary>The scale of a position's value, given the head's keys in its page.</summary>");
        writer.Line($"private static unsafe float* ValueScale({element}* keys, int position) => "
            + "unchecked((float*)(keys + ValueScalesOffset) + position);");
    }

    private static void WriteAttendBlock(SourceWriter writer, ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        string kind = spec.GroupSize == 1 ? "multi-head: one query head for each KV head"
            : spec.KvHeads == 1 ? "multi-query: all query heads share one KV head"
            : $"grouped-query: {Code.Int(spec.GroupSize)} query heads share a KV head";
        string element = plan.Cache.ElementType;
        writer.Line($"/// <summary>softmax(q · Kᵀ / sqrt(HeadDim)) · V of one token over one block and one KV head ({kind}), "
            + "not divided by its sum.</summary>");
        writer.Line("/// <remarks>Items are numbered [block][KV head], the order in which they lie in memory. "
            + "Keys and values of the token and of those before it are in the cache.</remarks>");
        string own = plan.NormsProjections ? "float* qkv, " : "";
        string qkv = plan.NormsProjections ? "qkv" : "s.Qkv + (token * (long)QkvStride)";
        string parameters = $"LayerWeights* w, int layer, int item, int token, {own}ref Scratch.Thread t";
        writer.HotMethod($"private unsafe void AttendBlock({parameters})", () =>
        {
            writer.Line("Scratch s = _scratch;");
            writer.Line("int kvHead = item % KvHeads;");
            writer.Line("int position = RowPositions[token];");
            VisibleText.WriteWindow(writer, plan.Visible);
            writer.Line($"int block = {VisibleText.Block(plan.Visible, "item / KvHeads", "position")};");
            writer.Line("int begin = block * BlockPositions;");
            writer.Line("int count = Math.Min(BlockPositions, position + 1 - begin);");
            writer.Line("int padded = (count + PositionTile - 1) / PositionTile * PositionTile;");
            writer.Line($"RotateQueries(w, {Layer(plan)}kvHead, position, {qkv}, t.Queries);");
            writer.Line($"{element}** pages = ({element}**)RowPages[token] + (block * BlockPages);");
            writer.Line("long head = HeadInPage(layer, kvHead);");
            writer.Line("Kernels.DecodeScores(t.Queries, pages, head, t.Scores, count);");
            if (spec.AttentionSoftCap > 0)
                writer.Line("Kernels.CapScores(t.Scores, GroupSize, padded);");
            writer.Block("for (int row = 0; row < GroupSize; row++)", () =>
            {
                writer.Line("Mask(t.Scores + (row * BlockPositions), count, padded);");
                VisibleText.WriteMask(writer, plan.Visible, "t.Scores + (row * BlockPositions)", "position + 1 - begin", "padded");
            });
            writer.Line("int part = (token * CacheBlocks) + (item / KvHeads);");
            writer.Line("int heads = (part * PaddedHeads) + (kvHead * GroupSize);");
            string scale = plan.Cache.IsScaled ? "pages, head, " : "";
            writer.Line($"Kernels.DecodeSoftmax(t.Scores, {scale}s.Max + heads, s.Sum + heads, padded);");
            writer.Line("Kernels.DecodeMix(t.Scores, pages, head + ValuesOffset, "
                + "s.Partials + (part * (long)QueryDimStride) + (kvHead * GroupSize * HeadDim), count);");
        });
    }

    private static void WriteAttendTokens(SourceWriter writer, ModelPlan plan)
    {
        string element = plan.Cache.ElementType;
        writer.Line("/// <summary>Attention of some tiles of a prefill over one KV head: "
            + "each block of the cache is brought together as floats once for all of them.</summary>");
        const string Head = "private unsafe void AttendTokens("
            + "LayerWeights* w, int layer, int kvHead, int first, int tiles, ref Scratch.Thread t)";
        writer.HotMethod(Head, () =>
        {
            VisibleText.WriteWindow(writer, plan.Visible);
            writer.Line("// A tile that runs out of tokens repeats the last one, and drops what it computes for it.");
            writer.Line("int last = Math.Min(first + (tiles * PrefillTokenTile), PassTokens) - 1;");
            writer.Block("for (int token = 0; token < tiles * PrefillTokenTile; token++)", () =>
            {
                writer.Line("int from = Math.Min(first + token, last);");
                writer.Line($"RotateQueries(w, {Layer(plan)}kvHead, PassStart + from, _scratch.Qkv + (from * (long)QkvStride), "
                    + "t.Queries + (token * GroupSize * HeadDim));");
            });
            writer.Line("new FloatSpan(t.Max, tiles * QueryRows).Fill(LowestMax);");
            writer.Line("new FloatSpan(t.Sum, tiles * QueryRows).Clear();");
            writer.Line("new FloatSpan(t.Mixed, tiles * QueryRows * HeadDim).Clear();");
            writer.Line("long head = HeadInPage(layer, kvHead);");
            string start = VisibleText.FirstBlockBegin(plan.Visible, "PassStart + first");
            writer.Block($"for (int begin = {start}; begin <= PassStart + last; begin += BlockPositions)", () =>
            {
                writer.Line($"{element}** pages = ({element}**)PassPages + (begin / PagePositions);");
                writer.Line("int padded = (Math.Min(BlockPositions, PassStart + last + 1 - begin) "
                    + "+ PositionTile - 1) / PositionTile * PositionTile;");
                writer.Line("Kernels.GatherKeys(pages, head, t.Keys, padded);");
                writer.Line("Kernels.GatherValues(pages, head, t.Values, padded);");
                writer.Nested(
                    "for (int tile = 0; tile < tiles; tile++)",
                    "AttendTile(t.Keys, t.Values, begin, PassStart + first + (tile * PrefillTokenTile), PassStart + last, tile, "
                        + $"{VisibleText.Window(plan.Visible)}ref t);");
            });
            writer.Block("for (int row = 0; row < (last + 1 - first) * GroupSize; row++)", () =>
            {
                writer.Line("float* y = _scratch.Attended + ((first + (row / GroupSize)) * (long)QueryDimStride)"
                    + " + (((kvHead * GroupSize) + (row % GroupSize)) * HeadDim);");
                writer.Line("Kernels.Normalize(t.Mixed + (row * HeadDim), t.Sum[row], y);");
            });
        });
    }

    private static void WriteAttendTile(SourceWriter writer, ModelPlan plan)
    {
        writer.Line($"/// <summary>One block for {Code.Int(plan.PrefillTokenTile)} tokens from a position on: "
            + "their query heads share every load of K and V. Blocks that none of them sees are left out.</summary>");
        string head = "private static unsafe void AttendTile("
            + "float* k, float* v, int begin, int position, int last, int tile, "
            + $"{VisibleText.Window(plan.Visible, "int ")}ref Scratch.Thread t)";
        writer.HotMethod(head, () =>
        {
            writer.Line("int count = Math.Min(BlockPositions, Math.Min(position + PrefillTokenTile - 1, last) + 1 - begin);");
            writer.Nested($"if (count <= 0{VisibleText.OutOfSight(plan.Visible, "begin", "position")})", "return;");
            writer.Line("int padded = (count + PositionTile - 1) / PositionTile * PositionTile;");
            writer.Line("Kernels.PrefillScores(t.Queries + (tile * QueryRows * HeadDim), k, t.Scores, count);");
            if (plan.Spec.AttentionSoftCap > 0)
                writer.Line("Kernels.CapScores(t.Scores, QueryRows, padded);");
            writer.Block("for (int row = 0; row < QueryRows; row++)", () =>
            {
                writer.Line("int seen = Math.Min(position + (row / GroupSize), last) + 1 - begin;");
                writer.Line("Mask(t.Scores + (row * BlockPositions), Math.Max(0, seen), padded);");
                VisibleText.WriteMask(writer, plan.Visible, "t.Scores + (row * BlockPositions)", "seen", "padded");
            });
            writer.Line("Kernels.PrefillSoftmax(t.Scores, t.Max + (tile * QueryRows), t.Sum + (tile * QueryRows), t.Scale, padded);");
            writer.Line("Kernels.PrefillMix(t.Scores, v, t.Mixed + (tile * QueryRows * HeadDim), t.Scale, count);");
        });
    }
}
