using System;
using System.IO;
using System.Runtime.InteropServices;
using Llamalith.Contracts;

namespace Llamalith.Reference;

/// <summary>
/// Reads llama2.c's checkpoint v0 as its documentation lays it out, for trusted files only: an independent second opinion on
/// the real reader, which is the one that checks.
/// </summary>
public static class Llama2cFile
{
    /// <summary>Reads the whole file into memory.</summary>
    public static MemoryCheckpoint Read(string path)
    {
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
        ReadOnlySpan<int> header = MemoryMarshal.Cast<byte, int>(bytes[..28]);
        ReadOnlySpan<float> floats = MemoryMarshal.Cast<byte, float>(bytes[28..]);
        var shape = new ModelShape
        {
            Dim = header[0],
            FfnDim = header[1],
            Layers = header[2],
            Heads = header[3],
            KvHeads = header[4],
            HeadDim = header[0] / header[3],
            VocabSize = Math.Abs(header[5]),
            Context = header[6],
            TiedEmbeddings = header[5] > 0,
        };
        var checkpoint = new MemoryCheckpoint(shape, RopeLayout.Interleaved, path);
        int position = 0;

        // The tensors of all layers follow each other kind by kind; then two rope tables that nobody needs.
        checkpoint.Set(TensorNames.TokenEmbedding, shape.VocabSize, shape.Dim, Take(floats, shape.VocabSize * shape.Dim));
        Add(floats, LayerNames.AttentionNorm, 1, shape.Dim);
        Add(floats, LayerNames.Query, shape.QueryDim, shape.Dim);
        Add(floats, LayerNames.Key, shape.KvDim, shape.Dim);
        Add(floats, LayerNames.Value, shape.KvDim, shape.Dim);
        Add(floats, LayerNames.AttentionOutput, shape.Dim, shape.QueryDim);
        Add(floats, LayerNames.FfnNorm, 1, shape.Dim);
        Add(floats, LayerNames.Gate, shape.FfnDim, shape.Dim);
        Add(floats, LayerNames.Down, shape.Dim, shape.FfnDim);
        Add(floats, LayerNames.Up, shape.FfnDim, shape.Dim);
        checkpoint.Set(TensorNames.FinalNorm, 1, shape.Dim, Take(floats, shape.Dim));
        position += shape.Context * shape.HeadDim;
        if (!shape.TiedEmbeddings)
            checkpoint.Set(TensorNames.Classifier, shape.VocabSize, shape.Dim, Take(floats, shape.VocabSize * shape.Dim));
        return checkpoint;

        void Add(ReadOnlySpan<float> all, string name, int rows, int columns)
        {
            for (int layer = 0; layer < shape.Layers; layer++)
                checkpoint.Set(TensorNames.OfLayer(layer, name), rows, columns, Take(all, rows * columns));
        }

        ReadOnlySpan<float> Take(ReadOnlySpan<float> all, int count)
        {
            position += count;
            return all.Slice(position - count, count);
        }
    }
}
