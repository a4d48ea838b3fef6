using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;

namespace Llamalith.Tools;

/// <summary>
/// Writes models of any shape with small random weights, for benchmarks: their speed is a trained model's. Few numbers are truly drawn
/// and quantised, into a pool of blocks for each type; every row is then two stretches of the pool from random places, so that writing
/// takes no longer than the disk does.
/// </summary>
public sealed class RandomModel
{
    private const int MostPoolElements = 1 << 21, LeastPoolElements = 1 << 16;

    private readonly ModelShape _shape;
    private readonly RandomModelOptions _options;
    private readonly Dictionary<TensorType, byte[]> _pools = [];
    private readonly int _poolElements;

    private RandomModel(ModelShape shape, RandomModelOptions options)
    {
        _shape = shape;
        _options = options;

        // A quarter of the largest matrix is variety enough, and for a small model takes no longer than the model itself.
        long largest = ModelTensors.Of(shape).Max(tensor => tensor.Rows * tensor.Columns);
        _poolElements = (int)Math.Clamp(largest / 4, LeastPoolElements, MostPoolElements) & -LeastPoolElements;
    }

    /// <summary>Writes a GGUF file.</summary>
    /// <param name="path">The file. It appears when it is complete, in place of one that was there.</param>
    /// <param name="shape">The model's hyperparameters; see <see cref="ModelPresets"/>.</param>
    /// <param name="preset">The mix of tensor types; see <see cref="TensorMix"/>.</param>
    /// <param name="options">Default: seed 1, no tokenizer.</param>
    /// <exception cref="ModelMismatchException">The tokenizer has another number of tokens than the model.</exception>
    /// <exception cref="OperationCanceledException">The user asked for it; no file is left.</exception>
    public static void Write(string path, ModelShape shape, QuantizationPreset preset, RandomModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(shape);
        RandomModel model = new(shape, options ?? new RandomModelOptions());
        GgufWriter writer = model.Plan(preset);
        AtomicFile.Write(path, writer.Write);
    }

    private GgufWriter Plan(QuantizationPreset preset)
    {
        GgufWriter writer = new();
        GgufModelMetadata.AddShape(writer, _shape, _options.Name);
        GgufModelMetadata.AddMix(writer, preset);
        if (_options.Tokenizer is { } tokenizer)
            GgufModelMetadata.AddTokenizer(writer, tokenizer, _shape.VocabSize);

        ModelTensor[] tensors = [.. ModelTensors.Of(_shape)];
        long total = tensors.Sum(tensor => TensorTypes.ByteLength(TypeOf(tensor), tensor.Rows, tensor.Columns));
        RowWriter rows = new(_options.Threads, total, _options.Progress, _options.Cancellation);
        for (int i = 0; i < tensors.Length; i++)
        {
            (int place, ModelTensor tensor) = (i, tensors[i]);
            TensorType type = TypeOf(tensor);
            writer.AddTensor(tensor.Name, type, tensor.Rows, tensor.Columns, stream => WriteTensor(stream, rows, place, tensor, type));
        }

        GgufModelMetadata.AddRopeTensors(writer, _shape);

        return writer;

        TensorType TypeOf(ModelTensor tensor) => TensorMix.Choose(preset, _shape, tensor.Name, tensor.Rows, tensor.Columns);
    }

    private void WriteTensor(Stream stream, RowWriter rows, int place, ModelTensor tensor, TensorType type)
    {
        if (tensor.Rows == 1)
        {
            // Norm weights lie about 1, biases about 0.
            bool isNorm = tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal);
            rows.Write(stream, 1, tensor.Columns * sizeof(float), (_, _, destination) =>
                Draw(MemoryMarshal.Cast<byte, float>(destination), place, isNorm ? 1 : 0));
            return;
        }

        byte[] pool = Pool(type);
        TensorBlock block = TensorTypes.BlockOf(type);
        int rowBlocks = (int)(tensor.Columns / block.Elements);
        rows.Write(stream, tensor.Rows, (long)rowBlocks * block.Bytes, (begin, end, destination) =>
        {
            for (long row = begin; row < end; row++)
            {
                Fill(RandomNumbers.At(_options.Seed, place, row), destination[..(rowBlocks * block.Bytes)], pool, block.Bytes);
                destination = destination[(rowBlocks * block.Bytes)..];
            }
        });
    }

    /// <summary>Two stretches of the pool, so that hardly any two rows of a model are alike.</summary>
    private static void Fill(RandomNumbers random, Span<byte> row, byte[] pool, int blockBytes)
    {
        int first = row.Length / blockBytes / 2 * blockBytes;
        Copy(row[..first]);
        Copy(row[first..]);

        void Copy(Span<byte> stretch)
        {
            // Longer than the pool only in models far wider than any.
            while (!stretch.IsEmpty)
            {
                int length = Math.Min(stretch.Length, pool.Length);
                int places = (pool.Length - length) / blockBytes + 1;
                pool.AsSpan((int)random.Below(places) * blockBytes, length).CopyTo(stretch);
                stretch = stretch[length..];
            }
        }
    }

    private byte[] Pool(TensorType type)
    {
        if (_pools.TryGetValue(type, out byte[]? pool))
            return pool;
        float[] elements = new float[_poolElements];
        Draw(elements, place: -1 - (int)type, mean: 0);
        pool = new byte[TensorTypes.ByteLength(type, 1, _poolElements)];
        BlockFormats.Quantize(type, elements, pool);
        _pools.Add(type, pool);
        return pool;
    }

    private void Draw(Span<float> destination, int place, float mean)
    {
        RandomNumbers random = RandomNumbers.At(_options.Seed, place, -1);
        float deviation = (float)_options.StandardDeviation;
        foreach (ref float element in destination)
            element = mean + deviation * random.NextNormal();
    }
}
