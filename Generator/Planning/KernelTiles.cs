using System;
using System.Collections.Generic;
using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Planning;

/// <summary>The register tile of a matrix-vector product over one panel.</summary>
/// <param name="RowVectors">Vectors of rows that are accumulated at once.</param>
/// <param name="Columns">Columns a loop turn; each has accumulators of its own, so that additions do not wait for each other.</param>
internal sealed record MatVecTile(int RowVectors, int Columns)
{
    public int Accumulators => RowVectors * Columns;
}

/// <summary>The register tile of a matrix-matrix product over one panel.</summary>
/// <param name="RowVectors">Vectors of rows that are accumulated at once.</param>
/// <param name="Tokens">Tokens that are accumulated at once: the full tile first, then the tails, down to one.</param>
internal sealed record MatMulTile(int RowVectors, IReadOnlyList<int> Tokens);

/// <summary>How query rows are tiled when they meet the K half of a block of positions.</summary>
/// <param name="Rows">Query rows whose scores are accumulated at once, sharing each load of K.</param>
/// <param name="Vectors">Vectors of positions that are accumulated at once.</param>
/// <param name="Steps">Elements of the head a loop turn, each with accumulators of its own.</param>
internal sealed record ScoreTile(int Rows, int Vectors, int Steps);

/// <summary>How query rows are tiled when they meet the V half of a block of positions.</summary>
/// <param name="Rows">Query rows whose outputs are accumulated at once, sharing each load of V.</param>
/// <param name="Vectors">Vectors of the head that are accumulated at once.</param>
/// <param name="Steps">Positions a loop turn, each with accumulators of its own.</param>
internal sealed record MixTile(int Rows, int Vectors, int Steps);

/// <summary>
/// Chooses register tiles from an instruction set's traits alone: lanes and registers. A tile wants enough accumulators to
/// hide the latency of a fused multiply-add (two a cycle, four cycles each), and all of it must stay in registers.
/// </summary>
internal static class KernelTiles
{
    /// <summary>Independent accumulators that keep two multiply-add units of four cycles' latency busy.</summary>
    private const int Chains = 8;

    public static MatVecTile MatVec(Dialect isa)
    {
        int vectors = Math.Min(ModelPlan.PanelRows / isa.Lanes, isa.Registers / 2);
        return new MatVecTile(vectors, Math.Max(1, Chains / vectors));
    }

    public static MatMulTile MatMul(Dialect isa)
    {
        MatMulTile? best = null;
        double fewest = double.MaxValue;
        for (int vectors = 1; vectors * isa.Lanes <= ModelPlan.PanelRows; vectors *= 2)
        {
            // Accumulators, one vector of each row, and one broadcast.
            int tokens = (isa.Registers - vectors - 1) / vectors & ~1;
            double loadsPerFma = (double)(vectors + tokens) / (vectors * tokens);
            if (tokens < 2 || loadsPerFma >= fewest)
                continue;
            fewest = loadsPerFma;
            List<int> sizes = [tokens];
            for (int tail = tokens >= 8 ? 4 : 2; tail > 1; tail = tail == 4 ? 1 : tail / 2)
                sizes.Add(tail);
            sizes.Add(1);
            best = new MatMulTile(vectors, sizes);
        }

        return best!;
    }

    /// <summary>
    /// Tokens of an integer tile. The codes of a chunk stay in eight registers; a token's sum is touched once a chunk, so that it may
    /// as well lie in the first-level cache.
    /// </summary>
    public static IReadOnlyList<int> IntegerMatMul(Dialect isa) => isa.Lanes == 1 ? [2, 1] : [8, 4, 1];

    /// <summary>Whether so many tokens pass through a tile of every size, the largest first.</summary>
    public static bool UsesAll(IReadOnlyList<int> sizes, int tokens)
    {
        foreach (int size in sizes)
        {
            if (tokens < size)
                return false;
            tokens %= size;
        }

        return true;
    }

    /// <summary>Vectors of rows that an integer matrix-vector product takes at once, so that their sums need not wait for each other.</summary>
    public static int IntegerMatVec(Dialect isa) => Math.Min(ModelPlan.PanelRows / isa.Lanes, 4);

    public static ScoreTile Scores(Dialect isa, AttentionForm form, int headDim)
    {
        (int rows, int vectors) = AttentionTile(isa, form, CacheLayout.PositionTile / isa.Lanes);
        int steps = Math.Max(1, Chains / (vectors * rows));
        while (headDim % steps != 0)
            steps--;
        return new ScoreTile(rows, vectors, steps);
    }

    public static MixTile Mix(Dialect isa, AttentionForm form, int slice)
    {
        (int rows, int vectors) = AttentionTile(isa, form, slice / isa.Lanes);
        return new MixTile(rows, vectors, Math.Max(1, Math.Min(4, Chains / (vectors * rows))));
    }

    // The tile that takes the fewest cycles a multiply-add: two units multiply and widen, two load vectors and broadcast rows.
    private static (int Rows, int Vectors) AttentionTile(Dialect isa, AttentionForm form, int vectorsInAll)
    {
        const int WideningOperations = 3;
        int budget = isa.Registers - 4;
        (int Rows, int Vectors) best = (1, 1);
        double fewest = double.MaxValue;
        for (int rows = 1; rows <= Math.Min(form.Rows, budget); rows++)
        {
            for (int vectors = 1; vectors <= Math.Min(vectorsInAll, 4); vectors++)
            {
                if (form.Rows % rows != 0 || vectorsInAll % vectors != 0 || (vectors * rows) + vectors > budget)
                    continue;
                int computed = (rows * vectors) + (form.Widens ? WideningOperations * vectors : 0);
                double cycles = Math.Max(computed, rows + vectors) / (double)(rows * vectors);
                if (cycles > fewest || (cycles == fewest && rows * vectors < best.Rows * best.Vectors))
                    continue;
                fewest = cycles;
                best = (rows, vectors);
            }
        }

        return best;
    }
}
