using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>A register tile of a product whose output has vectors along its columns.</summary>
/// <param name="Vectors">Vectors of columns that are accumulated at once.</param>
/// <param name="Rows">Rows that are accumulated at once: the full tile first, then the tails, down to one.</param>
internal sealed record TrainingTile(int Vectors, IReadOnlyList<int> Rows);

/// <summary>A trained matrix: y[Rows] = W · x[Columns], both the names of constants.</summary>
/// <param name="Name">As in Query; the layer's field of that name.</param>
/// <param name="Rows">Constant with the number of outputs.</param>
/// <param name="Columns">Constant with the number of inputs.</param>
/// <param name="Output">Where its outputs begin in a row of outputs, as a constant; empty for 0.</param>
internal sealed record TrainedMatrix(string Name, string Rows, string Columns, string Output);

/// <summary>What a trainer adds to a model's plan: sizes, matrices and tiles.</summary>
internal sealed class TrainingPlan
{
    /// <summary>
    /// Summands of a product that are taken at once: a packed block of 32 columns of them takes a fraction of the first-level cache.
    /// </summary>
    public const int DepthBlock = 128;

    /// <summary>Rows of a weight's gradient whose packed columns stay in the second-level cache; a multiple of every tile.</summary>
    public const int RowBlock = 504;

    /// <summary>
    /// Queries of one head that are attended at once; a multiple of common tiles, and few enough for scores to stay in the second-level
    /// cache.
    /// </summary>
    public const int QueryBlock = 56;

    /// <summary>Most logits that are in memory at once.</summary>
    private const int MaxLogits = 4 << 20;

    private readonly ModelSpec _spec;

    public TrainingPlan(ModelSpec spec)
    {
        _spec = spec;
        UpOffset = ModelPlan.Pad(spec.FfnDim, ModelPlan.PanelRows);
        GateUpStride = ModelPlan.RowStride(UpOffset + spec.FfnDim);
        VocabStride = ModelPlan.RowStride(spec.VocabSize);
        PositionStride = ModelPlan.RowStride(spec.Context);
        LogitTokens = Math.Max(64, Math.Min(1024, MaxLogits / VocabStride / 64 * 64));
    }

    /// <summary>
    /// The row strides that products read their input with, as in Dim: kernels are emitted for each, so that addresses are constants. Of
    /// strides that are one number the first stands for all.
    /// </summary>
    public IReadOnlyList<string> InputStrides => Strides.Select(stride => InputStride(stride.Name)).Distinct().ToList();

    /// <summary>Where Up's outputs begin in a row of gates and ups.</summary>
    public int UpOffset { get; }

    public int GateUpStride { get; }

    public int VocabStride { get; }

    /// <summary>Floats from one query's scores to the next.</summary>
    public int PositionStride { get; }

    /// <summary>Tokens whose logits are in memory at once.</summary>
    public int LogitTokens { get; }

    /// <summary>
    /// The matrices of a step: the outputs of the first begin its row of outputs, those of each other have an offset of their own.
    /// </summary>
    public static IEnumerable<TrainedMatrix> Matrices(TrainingStep step) => step.Tensors.Select((tensor, i) =>
        new TrainedMatrix(tensor.Name, tensor.Rows.ToString(), tensor.Columns.ToString(), i == 0 ? "" : tensor.Name + "Offset"));

    /// <summary>The stride whose kernels read rows of another.</summary>
    public string InputStride(string name)
    {
        int floats = Strides.First(stride => stride.Name == name).Floats;
        return Strides.First(stride => stride.Floats == floats).Name;
    }

    private (string Name, int Floats)[] Strides =>
    [
        ("Dim", ModelPlan.RowStride(_spec.Dim)),
        ("QueryDim", ModelPlan.RowStride(_spec.QueryDim)),
        ("FfnDim", ModelPlan.RowStride(_spec.FfnDim)),
        ("GateUp", GateUpStride),
        ("Qkv", ModelPlan.QkvStride(_spec)),
        ("Vocab", VocabStride),
    ];

    /// <summary>The tile of products with weights, whose packed blocks have 32 columns.</summary>
    public static TrainingTile Product(Dialect isa)
    {
        MatMulTile tile = KernelTiles.MatMul(isa);
        return new TrainingTile(tile.RowVectors, Rows(tile.Tokens[0]));
    }

    /// <summary>The tile of products that are one head wide, in vectors of <paramref name="isa"/>, which divide it.</summary>
    public TrainingTile Head(Dialect isa)
    {
        const int MostRows = 14;
        int all = _spec.HeadDim / isa.Lanes;
        (int vectors, int rows, double fewest) = (1, 1, double.MaxValue);
        for (int v = 1; v <= Math.Min(all, 4); v++)
        {
            int r = Math.Min(MostRows, (isa.Registers - v - 1) / v & ~1);
            double loadsPerFma = (double)(v + r) / (v * r);
            if (all % v == 0 && r >= 2 && loadsPerFma < fewest)
                (vectors, rows, fewest) = (v, r, loadsPerFma);
        }

        return new TrainingTile(vectors, Rows(rows));
    }

    // Halves of what is left over: few sizes, and no tail passes through the machine one row at a time.
    private static List<int> Rows(int full)
    {
        List<int> rows = [full];
        for (int tail = full > 8 ? 4 : 2; tail > 0; tail /= 2)
        {
            if (tail < full)
                rows.Add(tail);
        }

        return rows;
    }
}
