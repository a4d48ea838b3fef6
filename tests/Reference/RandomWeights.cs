using System;
using Llamalith.Contracts;

namespace Llamalith.Reference;

/// <summary>
/// How a random model is made. Matrices are normal with the deviation 1/√columns, so that every activation is of the order 1
/// and an error anywhere is seen in the logits.
/// </summary>
public sealed record RandomWeights
{
    /// <summary>The same seed gives the same model.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How the matrices are stored.</summary>
    public TensorType Type { get; init; } = TensorType.F32;

    /// <summary>How each matrix is stored, by its canonical name, where that is not <see cref="Type"/> for all.</summary>
    public Func<string, TensorType>? TypeOf { get; init; }

    /// <summary>How the norms and biases are stored.</summary>
    public TensorType VectorType { get; init; } = TensorType.F32;

    /// <summary>How query and key rows pair up.</summary>
    public RopeLayout Layout { get; init; } = RopeLayout.Interleaved;

    /// <summary>Times the usual deviation of the query rows: above 1, attention is sharper than random.</summary>
    public double QueryScale { get; init; } = 2;

    /// <summary>Times the usual deviation of the gate rows.</summary>
    public double GateScale { get; init; } = 1;

    /// <summary>Bytes between a 64-byte boundary and each tensor.</summary>
    public int Misalignment { get; init; }

    /// <summary>Makes a checkpoint of that shape.</summary>
    public MemoryCheckpoint Make(ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var random = new SeededRandom(Seed);
        var checkpoint = new MemoryCheckpoint(shape, Layout);

        // A unit deviation even where the classifier shares it: logits then are of the order √Dim, like any other product.
        Add(TensorNames.TokenEmbedding, shape.VocabSize, shape.Dim, 1);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            AddNorm(TensorNames.OfLayer(layer, LayerNames.AttentionNorm));
            AddMatrix(layer, LayerNames.Query, shape.QueryDim, shape.Dim, QueryScale);
            AddMatrix(layer, LayerNames.Key, shape.KvDim, shape.Dim);
            AddMatrix(layer, LayerNames.Value, shape.KvDim, shape.Dim);
            AddMatrix(layer, LayerNames.AttentionOutput, shape.Dim, shape.QueryDim);
            AddNorm(TensorNames.OfLayer(layer, LayerNames.FfnNorm));
            AddMatrix(layer, LayerNames.Gate, shape.FfnDim, shape.Dim, GateScale);
            AddMatrix(layer, LayerNames.Up, shape.FfnDim, shape.Dim);
            AddMatrix(layer, LayerNames.Down, shape.Dim, shape.FfnDim);
            if (shape.QkvBias == true)
            {
                AddBias(layer, LayerNames.QueryBias, shape.QueryDim);
                AddBias(layer, LayerNames.KeyBias, shape.KvDim);
                AddBias(layer, LayerNames.ValueBias, shape.KvDim);
            }
        }

        AddNorm(TensorNames.FinalNorm);
        if (!shape.TiedEmbeddings)
            Add(TensorNames.Classifier, shape.VocabSize, shape.Dim, 1 / Math.Sqrt(shape.Dim));
        return checkpoint;

        void AddMatrix(int layer, string name, int rows, int columns, double scale = 1) =>
            Add(TensorNames.OfLayer(layer, name), rows, columns, scale / Math.Sqrt(columns));

        void Add(string name, int rows, int columns, double deviation) =>
            checkpoint.Set(name, rows, columns, random.Normals(rows * columns, deviation), TypeOf?.Invoke(name) ?? Type, Misalignment);

        void AddNorm(string name) =>
            checkpoint.Set(name, 1, shape.Dim, random.Normals(shape.Dim, 0.2, mean: 1), VectorType, Misalignment);

        void AddBias(int layer, string name, int length) =>
            checkpoint.Set(TensorNames.OfLayer(layer, name), 1, length, random.Normals(length, 0.5), VectorType, Misalignment);
    }
}
