using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.InteropServices;
using Llamalith.Contracts;

namespace Llamalith.Llama2c;

/// <summary>Fills one row of a tensor.</summary>
/// <param name="array">Which array.</param>
/// <param name="layer">Which layer; 0 for an array that is not per layer.</param>
/// <param name="row">Which row of the tensor, from 0 on.</param>
/// <param name="values">All elements of the row, to be filled.</param>
public delegate void Llama2cRows(Llama2cArray array, int layer, int row, Span<float> values);

/// <summary>Writes llama2.c checkpoints of versions 0 and 1, row by row: a file larger than memory is no matter.</summary>
public static class Llama2cWriter
{
    private const double RopeTheta = 10000;

    /// <summary>Writes a checkpoint to a file, over one that is there.</summary>
    /// <exception cref="ArgumentException">The header has another version, or sizes that no model has.</exception>
    public static void Write(string path, Llama2cHeader header, Llama2cRows rows)
    {
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        Write(stream, header, rows);
    }

    /// <summary>Writes a checkpoint to a stream, which stays open. The rotary tables of version 0 are filled without asking.</summary>
    /// <exception cref="ArgumentException">The header has another version, or sizes that no model has.</exception>
    public static void Write(Stream stream, Llama2cHeader header, Llama2cRows rows)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(rows);
        if (header.Version is not (0 or 1))
            throw new ArgumentException($"Versions 0 and 1 can be written, not {header.Version}.", nameof(header));
        try
        {
            header.Check("The header");
        }
        catch (ModelFormatException e)
        {
            throw new ArgumentException(e.Message, nameof(header), e);
        }

        WriteHeader(stream, header);
        float[] row = new float[Math.Max(header.Dim, header.FfnDim)];
        foreach (Llama2cBlock block in Llama2cLayout.Of(header))
        {
            Span<float> values = row.AsSpan(0, block.Columns);
            for (int layer = 0; layer < block.Count; layer++)
            {
                for (int r = 0; r < block.Rows; r++)
                {
                    if (block.Array is Llama2cArray.RopeCosines or Llama2cArray.RopeSines)
                        FillRope(block.Array == Llama2cArray.RopeCosines, r, values);
                    else
                        rows(block.Array, layer, r, values);
                    stream.Write(MemoryMarshal.AsBytes(values));
                }
            }
        }
    }

    private static void WriteHeader(Stream stream, Llama2cHeader header)
    {
        Span<byte> bytes = stackalloc byte[Llama2cLayout.Version1HeaderBytes];
        bytes.Clear();
        bool legacy = header.Version == 0;
        int at = 0;
        if (!legacy)
        {
            Put(bytes, ref at, unchecked((int)Llama2cLayout.Magic));
            Put(bytes, ref at, header.Version);
        }

        Put(bytes, ref at, header.Dim);
        Put(bytes, ref at, header.FfnDim);
        Put(bytes, ref at, header.Layers);
        Put(bytes, ref at, header.Heads);
        Put(bytes, ref at, header.KvHeads);
        Put(bytes, ref at, legacy && !header.SharedClassifier ? -header.VocabSize : header.VocabSize);
        Put(bytes, ref at, header.Context);
        if (!legacy)
        {
            bytes[at] = header.SharedClassifier ? (byte)1 : (byte)0;
            at = bytes.Length;
        }

        stream.Write(bytes[..at]);

        static void Put(Span<byte> bytes, ref int at, int value)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[at..], value);
            at += sizeof(int);
        }
    }

    // cos or sin(position / theta^(2i / head_size)), i < head_size / 2.
    private static void FillRope(bool cosines, int position, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double angle = position / Math.Pow(RopeTheta, (double)i / values.Length);
            values[i] = (float)(cosines ? Math.Cos(angle) : Math.Sin(angle));
        }
    }
}
