using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Llamalith.Gguf;

namespace Llamalith.Tests.Readers;

/// <summary>A GGUF file written field by field, with no check at all: sound by default, and wrong wherever a test wants it to be.</summary>
internal sealed class GgufDraft
{
    private readonly List<byte[]> _pairs = [];
    private readonly List<byte[]> _tensors = [];

    public uint Magic { get; set; } = 0x46554747;

    public uint Version { get; set; } = 3;

    public ulong? TensorCount { get; set; }

    public ulong? PairCount { get; set; }

    public int Alignment { get; set; } = 32;

    /// <summary>What follows the padded tensor list.</summary>
    public byte[] Data { get; set; } = [];

    /// <summary>A small sound file: a tensor of each readable type and a value of each type.</summary>
    public static GgufDraft Sample()
    {
        GgufDraft draft = new() { Data = new byte[32 + 32 + 34] };
        for (int i = 0; i < draft.Data.Length; i++)
            draft.Data[i] = (byte)(i + 1);
        return draft
            .Pair("general.architecture", GgufValueType.String, Text("test"))
            .Pair("a.u8", GgufValueType.UInt8, [200])
            .Pair("a.i8", GgufValueType.Int8, [0x80])
            .Pair("a.u16", GgufValueType.UInt16, Bytes((ushort)60000))
            .Pair("a.i16", GgufValueType.Int16, Bytes((short)-30000))
            .Pair("a.u32", GgufValueType.UInt32, Bytes(4000000000))
            .Pair("a.i32", GgufValueType.Int32, Bytes(-2000000000))
            .Pair("a.f32", GgufValueType.Float32, Bytes(0.1f))
            .Pair("a.bool", GgufValueType.Bool, [1])
            .Pair("a.u64", GgufValueType.UInt64, Bytes(ulong.MaxValue))
            .Pair("a.i64", GgufValueType.Int64, Bytes(long.MinValue))
            .Pair("a.f64", GgufValueType.Float64, Bytes(0.1))
            .Pair("b.ints", GgufValueType.Array, Array(GgufValueType.Int16, 3, Bytes((short)1, (short)-2, (short)3)))
            .Pair("b.texts", GgufValueType.Array, Array(GgufValueType.String, 3, Join(Text("one"), Text(""), Text("drei €"))))
            .Pair("b.flags", GgufValueType.Array, Array(GgufValueType.Bool, 2, [0, 1]))
            .Pair("b.none", GgufValueType.Array, Array(GgufValueType.UInt8, 0, []))
            .Pair("b.nested", GgufValueType.Array, Array(GgufValueType.Array, 2, Join(
                Array(GgufValueType.UInt8, 2, [7, 8]),
                Array(GgufValueType.String, 1, Text("deep")))))
            .Tensor("f32", 0, 0, 2, 3)
            .Tensor("bf16", 30, 32, 5)
            .Tensor("q8", 8, 64, 32, 1);
    }

    public GgufDraft Pair(string key, GgufValueType type, byte[] value) => Pair(key, (uint)type, value);

    public GgufDraft Pair(string key, uint type, byte[] value)
    {
        _pairs.Add(Join(Text(key), Bytes(type), value));
        return this;
    }

    public GgufDraft Tensor(string name, uint type, ulong offset, params ulong[] dimensions) =>
        Tensor(name, type, offset, (uint)dimensions.Length, dimensions);

    public GgufDraft Tensor(string name, uint type, ulong offset, uint dimensionCount, ulong[] dimensions)
    {
        _tensors.Add(Join(Text(name), Bytes(dimensionCount), Bytes(dimensions), Bytes(type), Bytes(offset)));
        return this;
    }

    public byte[] Build()
    {
        byte[] head = Join(
            Bytes(Magic), Bytes(Version), Bytes(TensorCount ?? (ulong)_tensors.Count), Bytes(PairCount ?? (ulong)_pairs.Count),
            Join([.. _pairs]), Join([.. _tensors]));
        int padding = Data.Length == 0 ? 0 : (Alignment - (head.Length % Alignment)) % Alignment;
        return Join(head, new byte[padding], Data);
    }

    public static byte[] Text(string text) => Join(Bytes((ulong)Encoding.UTF8.GetByteCount(text)), Encoding.UTF8.GetBytes(text));

    public static byte[] Array(GgufValueType element, ulong count, byte[] elements) => Join(Bytes((uint)element), Bytes(count), elements);

    public static byte[] Bytes<T>(params T[] values)
        where T : unmanaged
    {
        using MemoryStream stream = new();
        foreach (T value in values)
        {
            stream.Write(value switch
            {
                ushort v => BitConverter.GetBytes(v),
                short v => BitConverter.GetBytes(v),
                uint v => BitConverter.GetBytes(v),
                int v => BitConverter.GetBytes(v),
                ulong v => BitConverter.GetBytes(v),
                long v => BitConverter.GetBytes(v),
                float v => BitConverter.GetBytes(v),
                double v => BitConverter.GetBytes(v),
                _ => throw new NotSupportedException(typeof(T).Name),
            });
        }

        return stream.ToArray();
    }

    public static byte[] Join(params byte[][] parts)
    {
        using MemoryStream stream = new();
        foreach (byte[] part in parts)
            stream.Write(part);
        return stream.ToArray();
    }
}
