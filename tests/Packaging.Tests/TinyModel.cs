using System;
using System.IO;

namespace Llamalith.Tests;

/// <summary>A model of random weights, small enough for any test.</summary>
internal static class TinyModel
{
    // llama2.c's oldest format: seven numbers, then floats; the sign of the vocabulary says that the classifier is apart.
    public static void Write(string path, int seed = 1)
    {
        const int Dim = 64, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, Vocab = 32, Context = 16, KvDim = Dim / Heads * KvHeads;
        int floats = (2 * Vocab * Dim) + (Layers * ((2 * Dim) + (2 * Dim * Dim) + (2 * KvDim * Dim) + (3 * FfnDim * Dim))) + Dim
            + (Context * Dim / Heads);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using BinaryWriter writer = new(File.Create(path));
        foreach (int size in (int[])[Dim, FfnDim, Layers, Heads, KvHeads, -Vocab, Context])
            writer.Write(size);
        Random random = new(seed);
        for (int i = 0; i < floats; i++)
            writer.Write((random.NextSingle() - 0.5f) / 4);
    }
}
