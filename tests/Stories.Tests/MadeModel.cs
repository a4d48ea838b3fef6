using System;
using System.IO;
using System.Text;

namespace Llamalith.Tests.Stories;

/// <summary>Files of the program's model, made here: random weights, and a vocabulary of bytes and made-up words.</summary>
internal static class MadeModel
{
    public const int Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512;

    /// <summary>A llama2.c checkpoint, version 0.</summary>
    public static byte[] Checkpoint(int kvHeads = KvHeads, int seed = 1)
    {
        int kvDim = Dim / Heads * kvHeads;
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        foreach (int field in (int[])[Dim, FfnDim, Layers, Heads, kvHeads, VocabSize, Context])
            writer.Write(field);
        Random random = new(seed);
        // Small, so that all tokens are about as likely.
        Weights(VocabSize * Dim, 400);
        Norms(Layers * Dim);
        Weights(Layers * Dim * Dim, Dim);
        Weights(Layers * Dim * kvDim, Dim);
        Weights(Layers * Dim * kvDim, Dim);
        Weights(Layers * Dim * Dim, Dim);
        Norms(Layers * Dim);
        Weights(Layers * Dim * FfnDim, Dim);
        Weights(Layers * Dim * FfnDim, FfnDim);
        Weights(Layers * Dim * FfnDim, Dim);
        Norms(Dim);
        // Tables of sines that readers pass over.
        Weights(Context * (Dim / Heads), 1);
        return stream.ToArray();

        void Weights(int count, int width)
        {
            float spread = 1 / MathF.Sqrt(width);
            for (int i = 0; i < count; i++)
                writer.Write(spread * (random.NextSingle() * 2 - 1));
        }

        void Norms(int count)
        {
            for (int i = 0; i < count; i++)
                writer.Write(1f);
        }
    }

    /// <summary>A tokenizer.bin.</summary>
    public static byte[] Tokenizer(int vocabSize = VocabSize)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(8);
        for (int id = 0; id < vocabSize; id++)
        {
            byte[] name = Encoding.UTF8.GetBytes(id switch
            {
                0 => "<unk>",
                1 => "\n<s>\n",
                2 => "\n</s>\n",
                < 259 => $"<0x{id - 3:X2}>",
                259 => " ",
                _ => $" w{id}",
            });
            writer.Write((float)-id);
            writer.Write(name.Length);
            writer.Write(name);
        }
        return stream.ToArray();
    }
}
