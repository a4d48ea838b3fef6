using System;
using System.Collections.Generic;

namespace Llamalith.Tests.Readers;

/// <summary>
/// A llama2.c checkpoint put together array by array, as its C and Python sources do, with no check at all. Every float of it is
/// its own index in the order of the arrays, so that a test can tell them apart.
/// </summary>
internal sealed class Llama2cDraft
{
    private readonly Dictionary<string, float[]> _arrays = [];

    private Llama2cDraft(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    /// <summary>The values that were written for an array.</summary>
    public float[] this[string array] => _arrays[array];

    public static Llama2cDraft Version0(int dim, int hidden, int layers, int heads, int kvHeads, int vocab, int seqLen, bool shared)
    {
        int kvDim = dim / heads * kvHeads;
        List<(string, int)> arrays =
        [
            ("token_embedding_table", vocab * dim), ("rms_att_weight", layers * dim), ("wq", layers * dim * dim),
            ("wk", layers * kvDim * dim),
            ("wv", layers * kvDim * dim), ("wo", layers * dim * dim), ("rms_ffn_weight", layers * dim), ("w1", layers * hidden * dim),
            ("w2", layers * dim * hidden), ("w3", layers * hidden * dim), ("rms_final_weight", dim),
            ("freq_cis_real", seqLen * (dim / heads) / 2), ("freq_cis_imag", seqLen * (dim / heads) / 2),
        ];
        if (!shared)
            arrays.Add(("wcls", vocab * dim));
        return Build(GgufDraft.Bytes(dim, hidden, layers, heads, kvHeads, shared ? vocab : -vocab, seqLen), arrays);
    }

    public static Llama2cDraft Version1(int dim, int hidden, int layers, int heads, int kvHeads, int vocab, int seqLen, bool shared)
    {
        int kvDim = dim / heads * kvHeads;
        List<(string, int)> arrays =
        [
            ("rms_att_weight", layers * dim), ("rms_ffn_weight", layers * dim), ("rms_final_weight", dim),
            ("token_embedding_table", vocab * dim),
            ("wq", layers * dim * dim), ("wk", layers * kvDim * dim), ("wv", layers * kvDim * dim), ("wo", layers * dim * dim),
            ("w1", layers * hidden * dim), ("w2", layers * dim * hidden), ("w3", layers * hidden * dim),
        ];
        if (!shared)
            arrays.Add(("wcls", vocab * dim));
        byte[] header = new byte[256];
        GgufDraft.Bytes(0x616b3432, 1, dim, hidden, layers, heads, kvHeads, vocab, seqLen).CopyTo(header, 0);
        header[36] = shared ? (byte)1 : (byte)0;
        return Build(header, arrays);
    }

    /// <summary>Numbers and scales that differ everywhere; groups of four, which the rows of w2, six wide, do not keep to.</summary>
    public static Llama2cDraft Version2(
        int dim, int hidden, int layers, int heads, int kvHeads, int vocab, int seqLen, bool shared, int groupSize)
    {
        int kvDim = dim / heads * kvHeads;
        (string Name, int Count, int Length)[] arrays =
        [
            ("token_embedding_table", 1, vocab * dim), ("wq", layers, dim * dim), ("wk", layers, kvDim * dim), ("wv", layers, kvDim * dim),
            ("wo", layers, dim * dim),
            ("w1", layers, hidden * dim), ("w2", layers, dim * hidden), ("w3", layers, hidden * dim),
            .. shared ? [] : new[] { ("wcls", 1, vocab * dim) },
        ];
        byte[] header = new byte[256];
        GgufDraft.Bytes(0x616b3432, 2, dim, hidden, layers, heads, kvHeads, vocab, seqLen).CopyTo(header, 0);
        header[36] = shared ? (byte)1 : (byte)0;
        BitConverter.GetBytes(groupSize).CopyTo(header, 37);
        Llama2cDraft norms = Build(header, [("rms_att_weight", layers * dim), ("rms_ffn_weight", layers * dim), ("rms_final_weight", dim)]);
        List<byte> bytes = [.. norms.Bytes];
        Dictionary<string, float[]> values = [];
        int next = 0;
        foreach ((string name, int count, int length) in arrays)
        {
            float[] array = new float[count * length];
            for (int tensor = 0; tensor < count; tensor++)
            {
                List<byte> scales = [];
                for (int i = 0; i < length; i++)
                {
                    sbyte number = (sbyte)((37 * ++next % 255) - 127);
                    float scale = 1f / (3 + (next - 1 - (next - 1) % groupSize));
                    bytes.Add((byte)number);
                    if (i % groupSize == 0)
                        scales.AddRange(BitConverter.GetBytes(scale));
                    array[(tensor * length) + i] = number * BitConverter.ToSingle([.. scales], scales.Count - 4);
                }

                bytes.AddRange(scales);
            }

            values.Add(name, array);
        }

        Llama2cDraft draft = new([.. bytes]);
        foreach ((string name, float[] array) in norms._arrays)
            draft._arrays.Add(name, array);
        foreach ((string name, float[] array) in values)
            draft._arrays.Add(name, array);
        return draft;
    }

    public static Llama2cDraft Sample(int version, bool shared) => version switch
    {
        0 => Version0(8, 6, 2, 4, 2, 5, 3, shared),
        1 => Version1(8, 6, 2, 4, 2, 5, 3, shared),
        _ => Version2(8, 6, 2, 4, 2, 5, 3, shared, groupSize: 4),
    };

    /// <summary>A copy with one of the header's numbers replaced.</summary>
    public byte[] With(int offset, int value)
    {
        byte[] copy = [.. Bytes];
        BitConverter.GetBytes(value).CopyTo(copy, offset);
        return copy;
    }

    private static Llama2cDraft Build(byte[] header, List<(string Name, int Length)> arrays)
    {
        List<byte> bytes = [.. header];
        Dictionary<string, float[]> values = [];
        int next = 0;
        foreach ((string name, int length) in arrays)
        {
            float[] array = new float[length];
            for (int i = 0; i < length; i++)
                array[i] = next++;
            values.Add(name, array);
            bytes.AddRange(GgufDraft.Bytes(array));
        }

        Llama2cDraft draft = new([.. bytes]);
        foreach ((string name, float[] array) in values)
            draft._arrays.Add(name, array);
        return draft;
    }
}
