using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Gguf;

/// <summary>
/// An array among the metadata, read where it lies in the file: only what is asked for is decoded. Valid as long as its
/// <see cref="GgufFile"/>.
/// </summary>
public readonly unsafe struct GgufArray
{
    private readonly GgufFile _file;
    private readonly string _key;
    private readonly long _offset;
    private readonly long _bytes;

    internal GgufArray(GgufFile file, string key, GgufValueType elementType, long count, long offset, long bytes)
    {
        _file = file;
        _key = key;
        ElementType = elementType;
        Count = count;
        _offset = offset;
        _bytes = bytes;
    }

    /// <summary>The type of every element.</summary>
    public GgufValueType ElementType { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>Every element, decoded one by one.</summary>
    public IEnumerable<GgufValue> Values()
    {
        long offset = _offset;
        int size = GgufFormat.FixedSize(ElementType);
        for (long i = 0; i < Count; i++)
        {
            long bytes = size > 0 ? size : MeasureAt(offset);
            yield return new GgufValue(_file, _key, ElementType, offset, bytes);
            offset += bytes;
        }
    }

    /// <summary>The UTF-8 bytes of every string in turn, without a copy.</summary>
    /// <exception cref="ModelFormatException">It is no array of strings.</exception>
    public Utf8Strings EnumerateUtf8()
    {
        if (ElementType != GgufValueType.String)
            throw NotOf("strings");
        return new Utf8Strings(_file, _offset, Count);
    }

    /// <summary>A copy of an array of strings. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="ModelFormatException">It is no array of strings, or longer than a .NET array.</exception>
    public string[] ToStrings()
    {
        Utf8Strings strings = EnumerateUtf8();
        string[] copy = new string[CheckedCount()];
        for (int i = 0; strings.MoveNext(); i++)
            copy[i] = Encoding.UTF8.GetString(strings.Current);
        return copy;
    }

    /// <summary>A copy of an array of 32-bit floats.</summary>
    /// <exception cref="ModelFormatException">It is no array of 32-bit floats, or longer than a .NET array.</exception>
    public float[] ToSingles()
    {
        if (ElementType != GgufValueType.Float32)
            throw NotOf("32-bit floats");
        float[] copy = new float[CheckedCount()];

        // Tensors are used as they lie, little-endian, so a machine of the other kind runs no model anyway.
        new ReadOnlySpan<byte>(_file.At(_offset), checked(copy.Length * sizeof(float))).CopyTo(MemoryMarshal.AsBytes(copy.AsSpan()));
        return copy;
    }

    /// <summary>A copy of an array of integers of any width.</summary>
    /// <exception cref="ModelFormatException">It is no array of integers, one of them is too large, or it is longer than a .NET array.</exception>
    public long[] ToIntegers()
    {
        long[] copy = new long[ElementType is GgufValueType.String or GgufValueType.Array ? throw NotOf("integers") : CheckedCount()];
        int i = 0;
        foreach (GgufValue value in Values())
            copy[i++] = value.TryGetInteger(out long integer) ? integer : throw NotOf("integers");
        return copy;
    }

    internal long MeasureAt(long offset)
    {
        ByteCursor cursor = new(_file.At(offset), _offset + _bytes - offset, _file.Path);
        GgufFormat.SkipValue(ref cursor, ElementType, _key);
        return cursor.Position;
    }

    private int CheckedCount() => Count <= Array.MaxLength
        ? (int)Count
        : throw new ModelFormatException(string.Create(
            CultureInfo.InvariantCulture, $"{_file.Path}: {Shown.Text(_key)} has {Count} elements, but at most {Array.MaxLength} can be read at once."));

    private ModelFormatException NotOf(string wanted) =>
        new($"{_file.Path}: {Shown.Text(_key)} is an array of {ElementType}, but of {wanted} was expected.");

    /// <summary>Walks an array of strings without a copy.</summary>
    public ref struct Utf8Strings
    {
        private readonly GgufFile _file;
        private long _next;
        private long _left;

        internal Utf8Strings(GgufFile file, long first, long count)
        {
            _file = file;
            _next = first;
            _left = count;
        }

        /// <summary>The string that <see cref="MoveNext"/> came to, valid as long as the file is open.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>Itself, so that foreach takes it.</summary>
        public readonly Utf8Strings GetEnumerator() => this;

        /// <summary>Goes to the next string; false after the last.</summary>
        /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
        public bool MoveNext()
        {
            if (_left == 0)
                return false;

            // All lengths were checked when the file was opened.
            byte* next = _file.At(_next);
            int bytes = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(next, sizeof(ulong))));
            Current = new ReadOnlySpan<byte>(next + sizeof(ulong), bytes);
            _next += sizeof(ulong) + (long)bytes;
            _left--;
            return true;
        }
    }
}
