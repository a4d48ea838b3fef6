using System.Linq;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>Scores of some query rows over the keys of a block, in units of log2: the queries carry log2(e) / sqrt(HeadDim).</summary>
internal static class AttentionScores
{
    public static void Write(KernelClass kernels, ScoresPlan plan)
    {
        CacheLayout cache = kernels.Plan.Cache;
        SourceWriter writer = kernels.Writer;
        (AttentionForm form, ScoreTile tile) = (plan.Form, plan.Tile);
        int positions = tile.Vectors * plan.Isa.Lanes;
        string element = form.ReadsPages ? cache.ElementType : "float";
        kernels.Kernel(
            form.Name + "Scores",
            "scores = q · Kᵀ" + (form.ReadsPages && cache.IsScaled ? " · key scales" : ""),
            $"q [{form.Rows}, HeadDim] · K {(form.ReadsPages ? "[pages]" : "")}[tiles, HeadDim, PositionTile]"
                + $" · scores [{form.Rows}, BlockPositions]"
                + $" · tile {tile.Rows} rows x {positions} positions x {tile.Chains} elements · {tile.Accumulators} accumulators",
            [
                ("float*", "q"),
                .. form.ReadsPages ? new[] { (element + "**", "pages"), ("long", "head") } : [(element + "*", "k")],
                ("float*", "scores"), ("int", "count"),
            ],
            () =>
            {
                if (!form.ReadsPages)
                {
                    WriteTiles("0", "count", "HeadDim * PositionTile");
                    return;
                }

                Loops.ForPages(writer, () =>
                {
                    writer.Line($"{element}* k = pages[page] + head;");
                    WriteTiles("begin", "end", "KeyTileElements");
                });
            });

        void WriteTiles(string begin, string end, string stride) =>
            writer.Block($"for (int tile = {begin}; tile < {end}; tile += PositionTile, k += {stride})", () =>
                Loops.ForPieces(writer, "row", tile.Rows, Code.Int(form.Rows), form.Rows == tile.Rows, row =>
                    Loops.ForPieces(writer, "position", positions, "PositionTile", positions == CacheLayout.PositionTile, position =>
                        WriteTile(kernels, plan, element, row, position))));
    }

    /// <summary>Scores bent below the cap, in units of log2 as they are.</summary>
    public static void WriteCap(KernelClass kernels, CapScoresPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "CapScores",
            "scores = cap · tanh(scores / cap), cap = AttentionSoftCap · log2(e)",
            "scores [rows, BlockPositions] · count is a multiple of PositionTile",
            [("float*", "scores"), ("int", "rows"), ("int", "count")],
            () => writer.Block("for (int row = 0; row < rows; row++, scores += BlockPositions)", () =>
                Loops.ForVectors(writer, isa, "0", "count", () => writer.Line(isa.Store(
                    "scores + i",
                    $"Tanh({isa.Load("scores + i")} * {isa.Broadcast("(1f / ScoreCap)")}) * {isa.Broadcast("ScoreCap")}")))));
    }

    private static void WriteTile(KernelClass kernels, ScoresPlan plan, string element, string row, string position)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        CacheLayout cache = kernels.Plan.Cache;
        (AttentionForm form, ScoreTile tile) = (plan.Form, plan.Tile);
        string vec = isa.VectorType;
        static string Accumulator(int s, int r, int v) => $"a{s}_{r}_{v}";
        for (int s = 0; s < tile.Chains; s++)
        {
            for (int r = 0; r < tile.Rows; r++)
                writer.Line($"{vec} {Enumerable.Range(0, tile.Vectors).Select(v => $"{Accumulator(s, r, v)} = {isa.Zero}").Join(", ")};");
        }

        writer.Line($"{element}* kd = {Code.At("k", position)};");
        writer.Line($"float* e = {(row == "0" ? "q" : $"q + ({row} * HeadDim)")};");
        writer.Block($"for (float* stop = e + HeadDim; e != stop; e += {tile.Chains}, kd += {tile.Chains} * PositionTile)", () =>
        {
            int bytes = tile.Vectors * isa.Lanes * cache.ElementBytes;
            Loops.Prefetch(writer, isa, plan.ReadAhead, "kd", bytes, tile.Chains, CacheLayout.PositionTile * cache.ElementBytes);
            for (int s = 0; s < tile.Chains; s++)
            {
                for (int v = 0; v < tile.Vectors; v++)
                {
                    string at = Code.At("kd", (s * CacheLayout.PositionTile) + (v * isa.Lanes));
                    writer.Line($"{vec} k{s}_{v} = {(form.ReadsPages ? kernels.LoadCache(isa, at) : isa.Load(at))};");
                }

                for (int r = 0; r < tile.Rows; r++)
                {
                    writer.Line($"{vec} b{s}_{r} = {isa.Broadcast($"e[{Loops.Offset(r, "HeadDim", s)}]")};");
                    for (int v = 0; v < tile.Vectors; v++)
                        writer.Line($"{Accumulator(s, r, v)} = {isa.Fma($"k{s}_{v}", $"b{s}_{r}", Accumulator(s, r, v))};");
                }
            }
        });
        bool scaled = form.ReadsPages && cache.IsScaled;
        if (scaled)
        {
            string scales = Code.At("(float*)(k + (HeadDim * PositionTile))", position);
            for (int v = 0; v < tile.Vectors; v++)
                writer.Line($"{vec} scale{v} = {isa.Load(Code.At(scales, v * isa.Lanes))};");
        }

        string to = row == "0" ? "" : $" + ({row} * BlockPositions)";
        writer.Line($"float* to = {Code.At("scores + tile", position)}{to};");
        for (int r = 0; r < tile.Rows; r++)
        {
            for (int v = 0; v < tile.Vectors; v++)
            {
                string sum = Loops.Sum(tile.Chains, s => Accumulator(s, r, v));
                writer.Line(isa.Store(Code.At("to", Loops.Offset(r, "BlockPositions", v * isa.Lanes)), Scaled(v, sum)));
            }
        }

        string Scaled(int vector, string sum) => !scaled ? sum : tile.Chains == 1 ? $"{sum} * scale{vector}" : $"({sum}) * scale{vector}";
    }
}
