using System;
using System.Collections.Generic;
using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Planning;

/// <summary>The register tile of a matrix-vector product over one panel.</summary>
/// <param name="RowVectors">Vectors of rows that are accumulated at once.</param>
/// <param name="Chains">Columns a loop turn; each has accumulators of its own, so that additions do not wait for each other.</param>
internal sealed record MatVecTile(int RowVectors, int Chains)
{
    public int Accumulators => RowVectors * Chains;
}

/// <summary>The register tile of a matrix-matrix product over one panel.</summary>
/// <param name="RowVectors">Vectors of rows that are accumulated at once.</param>
/// <param name="Tokens">Tokens that are accumulated at once: the full tile first, then the tails, down to one.</param>
internal sealed record MatMulTile(int RowVectors, IReadOnlyList<int> Tokens);

/// <summary>How query rows are tiled when they meet the K half of a block of positions.</summary>
/// <param name="Rows">Query rows whose scores are accumulated at once, sharing each load of K.</param>
/// <param name="Vectors">Vectors of positions that are accumulated at once.</param>
/// <param name="Chains">Elements of the head a loop turn, each with accumulators of its own.</param>
internal sealed record ScoreTile(int Rows, int Vectors, int Chains)
{
    public int Accumulators => Rows * Vectors * Chains;
}

/// <summary>How query rows are tiled when they meet the V half of a block of positions.</summary>
/// <param name="Rows">Query rows whose outputs are accumulated at once, sharing each load of V.</param>
/// <param name="Vectors">Vectors of the head that are accumulated at once.</param>
/// <param name="Chains">Positions a loop turn, each with accumulators of its own.</param>
internal sealed record MixTile(int Rows, int Vectors, int Chains)
{
    public int Accumulators => Rows * Vectors * Chains;
}

/// <summary>
/// Chooses register tiles from an instruction set's traits alone: lanes and registers. A tile wants enough accumulators to
/// hide the latency of a fused multiply-add (two a cycle, four cycles each), and all of it must stay in registers.
/// </summary>
internal static class KernelTiles
{
    /// <summary>Multiply-adds under way that keep two units of four cycles' latency busy.</summary>
    private const int InFlight = 8;

    public static MatVecTile MatVec(Dialect isa)
    {
        int vectors = ModelPlan.PanelRows / isa.Lanes;
        while ((vectors * SumOrder.ColumnChains) + 2 > isa.Registers)
            vectors /= 2;
        return new MatVecTile(vectors, SumOrder.ColumnChains);
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
    /// Tiles of a few rows of floats in decode's order, the largest first: each row takes as many chains as one alone does, so that
    /// registers hold fewer vectors of more rows.
    /// </summary>
    public static IReadOnlyList<(int Tokens, int RowVectors)> MatRows(Dialect isa)
    {
        List<(int Tokens, int RowVectors)> tiles = [];
        for (int tokens = ModelPlan.MaxDecodeRows; tokens > 0; tokens /= 2)
        {
            int vectors = ModelPlan.PanelRows / isa.Lanes;
            while (vectors > 0 && (vectors * tokens * SumOrder.ColumnChains) + vectors + 1 > isa.Registers)
                vectors /= 2;
            if (vectors > 0)
                tiles.Add((tokens, vectors));
        }

        return tiles;
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

    /// <summary>
    /// Vectors of rows that an integer matrix-vector product takes at once, so that their sums need not wait for each other: at most four,
    /// and no more than have registers for their chains; 0 for a row a turn, where a vector is one number. Masks and activations may come
    /// from memory: with registers for them too, AVX2 would take two vectors of Q6_K, which was measured to be 5 % slower.
    /// </summary>
    public static int IntegerMatVec(IntegerChunkPlan chunk)
    {
        if (chunk.Isa.Lanes == 1)
            return 0;
        int together = Math.Min(ModelPlan.PanelRows / chunk.Isa.Lanes, 4);
        while (together * chunk.Chains > chunk.Isa.Registers)
            together /= 2;
        return together;
    }

    /// <summary>Vectors a loop turn where a block of the cache is gathered.</summary>
    public const int Gathering = 4;

    /// <summary>Vectors of a head that the blocks of the cache are combined in at once.</summary>
    public static int Combine(Dialect head, int headDim)
    {
        int vectors = 8;
        while (headDim / head.Lanes % vectors != 0)
            vectors /= 2;
        return vectors;
    }

    /// <summary>
    /// Vectors of a panel's columns that training sums over tokens at once, where 32 columns may be more than the registers.
    /// </summary>
    public static int Columns(Dialect isa) => Math.Min(ModelPlan.PanelRows / isa.Lanes, isa.Registers / 4);

    public static ScoreTile Scores(Dialect isa, AttentionForm form)
    {
        int chains = SumOrder.ScoreChains(form);
        (int rows, int vectors) = AttentionTile(isa, form, CacheLayout.PositionTile / isa.Lanes, chains);
        return new ScoreTile(rows, vectors, chains);
    }

    public static MixTile Mix(Dialect isa, AttentionForm form, int slice)
    {
        int chains = SumOrder.MixChains(form, slice);
        (int rows, int vectors) = AttentionTile(isa, form, slice / isa.Lanes, chains);
        return new MixTile(rows, vectors, chains);
    }

    // The tile that takes the fewest cycles a multiply-add: two units multiply and widen, two load vectors and broadcast rows, and a
    // chain's multiply-adds wait for each other.
    private static (int Rows, int Vectors) AttentionTile(Dialect isa, AttentionForm form, int vectorsInAll, int chains)
    {
        const int WideningOperations = 3;
        double waiting = (double)InFlight / chains;
        int budget = isa.Registers - 4;
        (int Rows, int Vectors) best = (1, 1);
        double fewest = double.MaxValue;
        for (int rows = 1; rows <= Math.Min(form.Rows, budget); rows++)
        {
            for (int vectors = 1; vectors <= Math.Min(vectorsInAll, 4); vectors++)
            {
                if (form.Rows % rows != 0 || vectorsInAll % vectors != 0 || (vectors * rows * chains) + vectors > budget)
                    continue;
                int computed = (rows * vectors) + (form.Widens ? WideningOperations * vectors : 0);
                double cycles = Math.Max(waiting, Math.Max(computed, rows + vectors)) / (rows * vectors);
                if (cycles > fewest || (cycles == fewest && rows * vectors < best.Rows * best.Vectors))
                    continue;
                fewest = cycles;
                best = (rows, vectors);
            }
        }

        return best;
    }
}
