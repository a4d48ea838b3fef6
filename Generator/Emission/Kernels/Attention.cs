using System;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Attention of some query rows over one block of cached positions, with an online softmax (Milakov and Gimelshein, arXiv
/// 1805.02867). The rows are all query heads of a group, in prefill those of several tokens: each load of K and V serves them all.
/// Scores are in units of log2, so the softmax needs 2^x alone.
/// </summary>
internal static class Attention
{
    private const int PrefetchBytes = 4096;

    public static void Write(KernelClass kernels, int rows)
    {
        WriteScores(kernels, rows);
        WriteSoftmax(kernels, rows);
        WriteMix(kernels, rows);
    }

    public static void WriteNormalize(KernelClass kernels)
    {
        Dialect isa = kernels.Isa.Fit(kernels.Plan.Spec.HeadDim);
        SourceWriter writer = kernels.Writer;
        Dialect slice = kernels.Isa.Fit(kernels.Plan.Slice);
        kernels.Kernel(
            "Normalize",
            "y = mixed / sum",
            "mixed, y [HeadDim]" + (kernels.CacheScale(slice) == "1f" ? "" : " · the factor restores the exponent of widened halves"),
            [("float*", "mixed"), ("float", "sum"), ("float*", "y")],
            () =>
            {
                writer.Line($"{isa.VectorType} factor = {isa.Broadcast($"{kernels.CacheScale(slice)} / sum")};");
                writer.Block($"for (int i = 0; i < HeadDim; i += {isa.Lanes})", () => writer.Line(isa.Store("y + i", $"{isa.Load("mixed + i")} * factor")));
            });
    }

    // scores[row, position] = q[row] · K[position]; K lies as [tile of 32 positions][HeadDim][32].
    private static void WriteScores(KernelClass kernels, int rows)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        ScoreTile tile = KernelTiles.Scores(isa, rows, kernels.Plan.Spec.HeadDim);
        int positions = tile.Vectors * isa.Lanes;
        string vec = isa.VectorType;
        kernels.Kernel(
            "Scores" + rows,
            "scores = q · Kᵀ",
            $"q [{rows}, HeadDim] · K [tiles, HeadDim, PositionTile] · scores [{rows}, BlockPositions] · tile {tile.Rows} rows x {positions} positions x {tile.Steps} elements · {tile.Rows * tile.Vectors * tile.Steps} accumulators",
            [("float*", "q"), (kernels.CacheType + "*", "k"), ("float*", "scores"), ("int", "count")],
            () => writer.Block("for (int tile = 0; tile < count; tile += PositionTile, k += HeadDim * PositionTile)", () =>
                ForRows(writer, rows, tile.Rows, row => ForSome(writer, "position", positions, "PositionTile", positions == ModelPlan.PositionTile, position =>
                {
                    string Accumulator(int s, int r, int v) => $"a{s}_{r}_{v}";
                    for (int s = 0; s < tile.Steps; s++)
                    {
                        for (int r = 0; r < tile.Rows; r++)
                            writer.Line($"{vec} {Enumerable.Range(0, tile.Vectors).Select(v => $"{Accumulator(s, r, v)} = {isa.Zero}").Join(", ")};");
                    }

                    writer.Line($"{kernels.CacheType}* kd = {Text.At("k", position)};");
                    writer.Line($"float* e = {(row == "0" ? "q" : $"q + ({row} * HeadDim)")};");
                    writer.Block($"for (float* stop = e + HeadDim; e != stop; e += {tile.Steps}, kd += {tile.Steps} * PositionTile)", () =>
                    {
                        Prefetch(kernels, "kd", positions * kernels.CacheBytes, tile.Steps, ModelPlan.PositionTile);
                        for (int s = 0; s < tile.Steps; s++)
                        {
                            for (int v = 0; v < tile.Vectors; v++)
                                writer.Line($"{vec} k{s}_{v} = {kernels.LoadCache(isa, Text.At("kd", (s * ModelPlan.PositionTile) + (v * isa.Lanes)))};");
                            for (int r = 0; r < tile.Rows; r++)
                            {
                                writer.Line($"{vec} b{s}_{r} = {isa.Broadcast($"e[{Offset(r, "HeadDim", s)}]")};");
                                for (int v = 0; v < tile.Vectors; v++)
                                    writer.Line($"{Accumulator(s, r, v)} = {isa.Fma($"k{s}_{v}", $"b{s}_{r}", Accumulator(s, r, v))};");
                            }
                        }
                    });
                    writer.Line($"float* to = scores + tile{(position == "0" ? "" : " + position")}{(row == "0" ? "" : $" + ({row} * BlockPositions)")};");
                    for (int r = 0; r < tile.Rows; r++)
                    {
                        for (int v = 0; v < tile.Vectors; v++)
                            writer.Line(isa.Store(Text.At("to", Offset(r, "BlockPositions", v * isa.Lanes)), Enumerable.Range(0, tile.Steps).Select(s => Accumulator(s, r, v)).Join(" + ")));
                    }
                }))));
    }

    private static void WriteSoftmax(KernelClass kernels, int rows)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            "Softmax" + rows,
            "scores = 2^(scores - max); sum = sum · scale + Σ scores; scale = 2^(max before - max)",
            $"scores [{rows}, BlockPositions] · max, sum, scale [{rows}] · count is a multiple of PositionTile, masked scores are -∞",
            [("float*", "scores"), ("float*", "max"), ("float*", "sum"), ("float*", "scale"), ("int", "count")],
            () => writer.Block($"for (int row = 0; row < {rows}; row++, scores += BlockPositions)", () =>
            {
                writer.Line("float before = max[row];");
                writer.Line($"{vec} top = {isa.Broadcast("before")};");
                writer.Block($"for (int i = 0; i < count; i += {isa.Lanes})", () => writer.Line($"top = {isa.Max("top", isa.Load("scores + i"))};"));
                writer.Line("float now = LargestLane(top);");
                writer.Line($"top = {isa.Broadcast("now")};");
                writer.Line($"{vec} total = {isa.Zero};");
                writer.Block($"for (int i = 0; i < count; i += {isa.Lanes})", () =>
                {
                    writer.Line($"{vec} weight = Exp2({isa.Load("scores + i")} - top);");
                    writer.Line(isa.Store("scores + i", "weight"));
                    writer.Line("total += weight;");
                });
                writer.Line($"float shrink = {(isa.Lanes == 1 ? "Exp2(before - now)" : $"V{isa.Lanes * 32}.ToScalar(Exp2({isa.Broadcast("before - now")}))")};");
                writer.Line("max[row] = now;");
                writer.Line("scale[row] = shrink;");
                writer.Line($"sum[row] = (sum[row] * shrink) + {isa.ReduceSum("total")};");
            }));
    }

    // mixed[row] = mixed[row] * scale[row] + weights[row] · V; V lies as [slice of the head][BlockPositions][slice elements].
    private static void WriteMix(KernelClass kernels, int rows)
    {
        int slice = kernels.Plan.Slice;
        Dialect isa = kernels.Isa.Fit(slice);
        SourceWriter writer = kernels.Writer;
        MixTile tile = KernelTiles.Mix(isa, rows, slice);
        int elements = tile.Vectors * isa.Lanes;
        string vec = isa.VectorType;
        kernels.Kernel(
            "Mix" + rows,
            "mixed = mixed · scale + weights · V",
            $"weights [{rows}, BlockPositions] · V [slices, BlockPositions, Slice] · mixed [{rows}, HeadDim] · tile {tile.Rows} rows x {elements} elements x {tile.Steps} positions · {tile.Rows * tile.Vectors * tile.Steps} accumulators",
            [("float*", "weights"), (kernels.CacheType + "*", "v"), ("float*", "mixed"), ("float*", "scale"), ("int", "count")],
            () => ForSome(writer, "slice", slice, "HeadDim", slice == kernels.Plan.Spec.HeadDim, _ =>
            {
                ForSome(writer, "element", elements, "Slice", elements == slice, element =>
                {
                    ForRows(writer, rows, tile.Rows, row =>
                    {
                        string Accumulator(int s, int r, int v) => $"a{s}_{r}_{v}";
                        string Mixed(int r, int v) => Text.At("to", Offset(r, "HeadDim", v * isa.Lanes));
                        string offset = (slice == kernels.Plan.Spec.HeadDim ? "" : " + slice") + (element == "0" ? "" : " + element") + (row == "0" ? "" : $" + ({row} * HeadDim)");
                        writer.Line($"float* to = mixed{offset};");
                        for (int r = 0; r < tile.Rows; r++)
                        {
                            writer.Line($"{vec} f{r} = {isa.Broadcast($"scale[{(row == "0" ? "" : row + " + ")}{r}]")};");
                            writer.Line($"{vec} {Enumerable.Range(0, tile.Vectors).Select(v => $"{Accumulator(0, r, v)} = {isa.Load(Mixed(r, v))} * f{r}").Join(", ")};");
                            for (int s = 1; s < tile.Steps; s++)
                                writer.Line($"{vec} {Enumerable.Range(0, tile.Vectors).Select(v => $"{Accumulator(s, r, v)} = {isa.Zero}").Join(", ")};");
                        }

                        writer.Line($"{kernels.CacheType}* vp = {Text.At("v", element)};");
                        writer.Line($"float* p = weights{(row == "0" ? "" : $" + ({row} * BlockPositions)")};");
                        writer.Line("int left = count;");
                        foreach (int steps in new[] { tile.Steps, 1 }.Distinct())
                        {
                            writer.Block(steps == 1 ? "for (; left > 0; left--, p++, vp += Slice)" : $"for (; left >= {steps}; left -= {steps}, p += {steps}, vp += {steps} * Slice)", () =>
                            {
                                if (steps == tile.Steps)
                                    Prefetch(kernels, "vp", elements * kernels.CacheBytes, steps, slice);
                                for (int s = 0; s < steps; s++)
                                {
                                    for (int v = 0; v < tile.Vectors; v++)
                                        writer.Line($"{vec} v{s}_{v} = {kernels.LoadCache(isa, Text.At("vp", Offset(s, "Slice", v * isa.Lanes)))};");
                                    for (int r = 0; r < tile.Rows; r++)
                                    {
                                        writer.Line($"{vec} b{s}_{r} = {isa.Broadcast($"p[{Offset(r, "BlockPositions", s)}]")};");
                                        for (int v = 0; v < tile.Vectors; v++)
                                            writer.Line($"{Accumulator(s, r, v)} = {isa.Fma($"v{s}_{v}", $"b{s}_{r}", Accumulator(s, r, v))};");
                                    }
                                }
                            });
                        }

                        for (int r = 0; r < tile.Rows; r++)
                        {
                            for (int v = 0; v < tile.Vectors; v++)
                                writer.Line(isa.Store(Mixed(r, v), Enumerable.Range(0, tile.Steps).Select(s => Accumulator(s, r, v)).Join(" + ")));
                        }
                    });
                });
                if (slice != kernels.Plan.Spec.HeadDim)
                    writer.Line("v += BlockPositions * Slice;");
            }));
    }

    // The cache is long and each line of it is used for a while: the lines some way on are asked for by hand. A step takes
    // `bytes` bytes, steps lie `stride` elements apart.
    private static void Prefetch(KernelClass kernels, string pointer, int bytes, int steps, int stride)
    {
        if (kernels.Isa.Prefetch("").Length == 0)
            return;
        int last = -64;
        for (int step = 0; step < steps; step++)
        {
            for (int at = step * stride * kernels.CacheBytes; at < (step * stride * kernels.CacheBytes) + bytes; at += 64)
            {
                if (at < last + 64)
                    continue;
                last = at;
                kernels.Writer.Line(kernels.Isa.Prefetch($"(byte*){pointer} + {PrefetchBytes + at}"));
            }
        }
    }

    // times * stride + rest, without what is nothing.
    private static string Offset(int times, string stride, int rest)
    {
        string product = times == 0 ? "" : times == 1 ? stride : $"({times} * {stride})";
        return product.Length == 0 ? Text.Int(rest) : rest == 0 ? product : product + " + " + Text.Int(rest);
    }

    private static void ForRows(SourceWriter writer, int rows, int atOnce, Action<string> body) =>
        ForSome(writer, "row", atOnce, Text.Int(rows), rows == atOnce, body);

    // A loop over pieces, or the body alone where one piece is all; it is told the piece's start.
    private static void ForSome(SourceWriter writer, string name, int step, string end, bool once, Action<string> body)
    {
        if (once)
            body("0");
        else
            writer.Block($"for (int {name} = 0; {name} < {end}; {name} += {step})", () => body(name));
    }
}
