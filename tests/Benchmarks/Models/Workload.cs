using System;
using Llamalith.Contracts;
using Llamalith.Reference;

namespace Llamalith.Benchmarks.Models;

/// <summary>Weights and tokens to time an engine with, and what one token costs by arithmetic.</summary>
internal static class Workload
{
    private const int BlockLength = 1 << 16;

    /// <summary>An engine of that class with random weights.</summary>
    public static TModel Load<TModel>(int threads)
        where TModel : class, ILlamaModel<TModel> =>
        TModel.Load(Weights(TModel.CompiledShape), new LoadOptions { Threads = threads });

    /// <summary>stories260K itself where the file is at hand; random weights of its shape where not.</summary>
    public static Stories260K LoadStories260K(int threads) =>
        SharedFiles.Find("stories260K.bin") is string path
            ? Stories260K.Load(Llama2cFile.Read(path), new LoadOptions { Threads = threads })
            : Load<Stories260K>(threads);

    /// <summary>Tokens without a pattern.</summary>
    public static int[] Tokens(int count, int vocabulary)
    {
        var random = new SeededRandom(1);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
            tokens[i] = random.Next(vocabulary);
        return tokens;
    }

    /// <summary>Weight bytes that decoding one token reads: every matrix, but one row of the embedding.</summary>
    public static long WeightBytes(ModelShape shape) =>
        sizeof(float) * (LayerParameters(shape) * shape.Layers + ((long)shape.VocabSize * shape.Dim));

    /// <summary>Cache bytes that decoding a token at that position reads.</summary>
    public static long CacheBytes(ModelShape shape, int position, KvFormat format) =>
        2L * shape.Layers * shape.KvDim * position * (format == KvFormat.F16 ? 2 : 4);

    /// <summary>Floating-point operations of the matrix products of one token, without the classifier.</summary>
    public static long LayerFlops(ModelShape shape) => 2 * LayerParameters(shape) * shape.Layers;

    private static long LayerParameters(ModelShape shape) =>
        (2L * shape.Dim * shape.QueryDim) + (2L * shape.Dim * shape.KvDim) + (3L * shape.Dim * shape.FfnDim);

    // Billions of normal numbers would take longer than the measurements: a block of them is repeated, scaled to each matrix.
    private static MemoryCheckpoint Weights(ModelShape shape)
    {
        float[] block = new SeededRandom(1).Normals(BlockLength, 1);
        float[] scaled = new float[BlockLength];
        var checkpoint = new MemoryCheckpoint(shape);
        Matrix(TensorNames.TokenEmbedding, shape.VocabSize, shape.Dim);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            Norm(TensorNames.OfLayer(layer, LayerNames.AttentionNorm));
            Matrix(TensorNames.OfLayer(layer, LayerNames.Query), shape.QueryDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.Key), shape.KvDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.Value), shape.KvDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.AttentionOutput), shape.Dim, shape.QueryDim);
            Norm(TensorNames.OfLayer(layer, LayerNames.FfnNorm));
            Matrix(TensorNames.OfLayer(layer, LayerNames.Gate), shape.FfnDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.Up), shape.FfnDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.Down), shape.Dim, shape.FfnDim);
        }

        Norm(TensorNames.FinalNorm);
        if (!shape.TiedEmbeddings)
            Matrix(TensorNames.Classifier, shape.VocabSize, shape.Dim);
        return checkpoint;

        void Norm(string name)
        {
            float[] ones = new float[shape.Dim];
            Array.Fill(ones, 1);
            checkpoint.Set(name, 1, shape.Dim, ones);
        }

        void Matrix(string name, int rows, int columns)
        {
            float scale = 1 / MathF.Sqrt(columns);
            for (int i = 0; i < block.Length; i++)
                scaled[i] = block[i] * scale;
            checkpoint.SetRepeating(name, rows, columns, scaled);
        }
    }
}
