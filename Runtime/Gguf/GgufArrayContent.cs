using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace Llamalith.Gguf;

/// <summary>An array to be written among the metadata.</summary>
public sealed class GgufArrayContent
{
    private readonly byte[] _elements;
    private readonly int _depth;

    private GgufArrayContent(GgufValueType elementType, long count, byte[] elements, int depth = 0)
    {
        ElementType = elementType;
        Count = count;
        _elements = elements;
        _depth = depth;
    }

    /// <summary>The type of every element.</summary>
    public GgufValueType ElementType { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>An array of unsigned 8-bit integers.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<byte> values) => Numbers(GgufValueType.UInt8, values);

    /// <summary>An array of signed 8-bit integers.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<sbyte> values) => Numbers(GgufValueType.Int8, values);

    /// <summary>An array of unsigned 16-bit integers.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<ushort> values) => Numbers(GgufValueType.UInt16, values);

    /// <summary>An array of signed 16-bit integers.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<short> values) => Numbers(GgufValueType.Int16, values);

    /// <summary>An array of unsigned 32-bit integers.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<uint> values) => Numbers(GgufValueType.UInt32, values);

    /// <summary>An array of signed 32-bit integers.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<int> values) => Numbers(GgufValueType.Int32, values);

    /// <summary>An array of unsigned 64-bit integers.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<ulong> values) => Numbers(GgufValueType.UInt64, values);

    /// <summary>An array of signed 64-bit integers.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<long> values) => Numbers(GgufValueType.Int64, values);

    /// <summary>An array of 32-bit floats.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<float> values) => Numbers(GgufValueType.Float32, values);

    /// <summary>An array of 64-bit floats.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<double> values) => Numbers(GgufValueType.Float64, values);

    /// <summary>An array of booleans.</summary>
    public static GgufArrayContent Of(ReadOnlySpan<bool> values)
    {
        byte[] bytes = new byte[values.Length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = values[i] ? (byte)1 : (byte)0;
        return new GgufArrayContent(GgufValueType.Bool, bytes.Length, bytes);
    }

    /// <summary>An array of strings.</summary>
    public static GgufArrayContent Of(IEnumerable<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using MemoryStream bytes = new();
        long count = 0;
        foreach (string value in values)
        {
            WriteString(bytes, value);
            count++;
        }

        return new GgufArrayContent(GgufValueType.String, count, bytes.ToArray());
    }

    /// <summary>An array of arrays, which need not be of one type or length.</summary>
    /// <exception cref="ArgumentException">They nest deeper than a reader goes.</exception>
    public static GgufArrayContent Of(IEnumerable<GgufArrayContent> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using MemoryStream bytes = new();
        long count = 0;
        int depth = 0;
        foreach (GgufArrayContent value in values)
        {
            value.WriteTo(bytes);
            count++;
            depth = Math.Max(depth, value._depth + 1);
        }

        if (depth >= GgufFormat.MostArrayDepth)
            throw new ArgumentException($"Arrays nest at most {GgufFormat.MostArrayDepth} deep.", nameof(values));
        return new GgufArrayContent(GgufValueType.Array, count, bytes.ToArray(), depth);
    }

    internal void WriteTo(Stream stream)
    {
        Span<byte> header = stackalloc byte[sizeof(uint) + sizeof(ulong)];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)ElementType);
        BinaryPrimitives.WriteInt64LittleEndian(header[sizeof(uint)..], Count);
        stream.Write(header);
        stream.Write(_elements);
    }

    internal static void WriteString(Stream stream, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)bytes.Length);
        stream.Write(length);
        stream.Write(bytes);
    }

    private static GgufArrayContent Numbers<T>(GgufValueType type, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        byte[] bytes = MemoryMarshal.AsBytes(values).ToArray();
        int size = GgufFormat.FixedSize(type);
        if (!BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < bytes.Length; i += size)
                bytes.AsSpan(i, size).Reverse();
        }

        return new GgufArrayContent(type, values.Length, bytes);
    }
}
