using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Gguf;

/// <summary>
/// Writes a GGUF file, version 3: first name the metadata and the tensors, then write it all in one go. The tensors' bytes are
/// asked for one tensor at a time, so a file larger than memory can be written, to a stream that cannot seek too.
/// </summary>
[SuppressMessage(
    "Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A MemoryStream holds managed memory only.")]
public sealed class GgufWriter
{
    private const uint Version = 3;
    private const int PadBytes = 256;

    private readonly HashSet<string> _keys = [];
    private readonly HashSet<string> _names = [];
    private readonly List<Entry> _tensors = [];
    private readonly MemoryStream _metadata = new();
    private readonly int _alignment;
    private readonly byte[] _scalar = new byte[sizeof(ulong)];

    /// <summary>A file with nothing in it yet.</summary>
    /// <param name="alignment">Every tensor starts at a multiple of so many bytes: a power of two, at least 8.</param>
    public GgufWriter(int alignment = GgufFormat.DefaultAlignment)
    {
        if (alignment is < 8 or > GgufFormat.MostAlignment || (alignment & (alignment - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(alignment), alignment, $"A power of two from 8 to {GgufFormat.MostAlignment} was expected.");
        }

        _alignment = alignment;
        if (alignment == GgufFormat.DefaultAlignment)
            return;
        BinaryPrimitives.WriteUInt32LittleEndian(_scalar, (uint)alignment);
        WriteKey(GgufFormat.AlignmentKey, GgufValueType.UInt32);
        _metadata.Write(_scalar, 0, sizeof(uint));
    }

    /// <summary>Adds an unsigned 8-bit integer.</summary>
    /// <exception cref="ArgumentException">
    /// The key was added before, is empty or too long, or is general.alignment, which the constructor sets. So of every Add.
    /// </exception>
    public void Add(string key, byte value)
    {
        _scalar[0] = value;
        AddScalar(key, GgufValueType.UInt8);
    }

    /// <summary>Adds a signed 8-bit integer.</summary>
    public void Add(string key, sbyte value)
    {
        _scalar[0] = (byte)value;
        AddScalar(key, GgufValueType.Int8);
    }

    /// <summary>Adds an unsigned 16-bit integer.</summary>
    public void Add(string key, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_scalar, value);
        AddScalar(key, GgufValueType.UInt16);
    }

    /// <summary>Adds a signed 16-bit integer.</summary>
    public void Add(string key, short value)
    {
        BinaryPrimitives.WriteInt16LittleEndian(_scalar, value);
        AddScalar(key, GgufValueType.Int16);
    }

    /// <summary>Adds an unsigned 32-bit integer.</summary>
    public void Add(string key, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_scalar, value);
        AddScalar(key, GgufValueType.UInt32);
    }

    /// <summary>Adds a signed 32-bit integer.</summary>
    public void Add(string key, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_scalar, value);
        AddScalar(key, GgufValueType.Int32);
    }

    /// <summary>Adds an unsigned 64-bit integer.</summary>
    public void Add(string key, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_scalar, value);
        AddScalar(key, GgufValueType.UInt64);
    }

    /// <summary>Adds a signed 64-bit integer.</summary>
    public void Add(string key, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_scalar, value);
        AddScalar(key, GgufValueType.Int64);
    }

    /// <summary>Adds a 32-bit float.</summary>
    public void Add(string key, float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(_scalar, value);
        AddScalar(key, GgufValueType.Float32);
    }

    /// <summary>Adds a 64-bit float.</summary>
    public void Add(string key, double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_scalar, value);
        AddScalar(key, GgufValueType.Float64);
    }

    /// <summary>Adds a boolean.</summary>
    public void Add(string key, bool value)
    {
        _scalar[0] = value ? (byte)1 : (byte)0;
        AddScalar(key, GgufValueType.Bool);
    }

    /// <summary>Adds a string.</summary>
    public void Add(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        AddKey(key, GgufValueType.String);
        GgufArrayContent.WriteString(_metadata, value);
    }

    /// <summary>Adds an array.</summary>
    public void Add(string key, GgufArrayContent value)
    {
        ArgumentNullException.ThrowIfNull(value);
        AddKey(key, GgufValueType.Array);
        value.WriteTo(_metadata);
    }

    /// <summary>Adds a value of another file, of whatever type.</summary>
    public void Add(string key, GgufValue value)
    {
        AddKey(key, value.Type);
        _metadata.Write(value.Encoded);
    }

    /// <summary>Adds a matrix, or a vector where <paramref name="rows"/> is 1.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">How its elements are stored.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Elements in a row.</param>
    /// <param name="write">Writes all its bytes, in order, when the file is written.</param>
    public void AddTensor(string name, TensorType type, long rows, long columns, Action<Stream> write) =>
        AddTensor(name, type, rows == 1 ? [columns] : [columns, rows], write);

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">How its elements are stored.</param>
    /// <param name="dimensions">One to four sizes in the file's order, the contiguous one first.</param>
    /// <param name="write">Writes all its bytes, in order, when the file is written.</param>
    /// <exception cref="ArgumentException">The name was added before, or the sizes do not suit the type.</exception>
    public void AddTensor(string name, TensorType type, ReadOnlySpan<long> dimensions, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        EnsureName(name, nameof(name));
        if (dimensions.Length is 0 or > GgufFormat.MostDimensions)
            throw new ArgumentException($"{name}: 1 to {GgufFormat.MostDimensions} dimensions were expected.", nameof(dimensions));
        long rows = 1;
        foreach (long dimension in dimensions)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension, nameof(dimensions));
        foreach (long dimension in dimensions[1..])
            rows = checked(rows * dimension);
        Add(new Entry(name, (uint)type, dimensions.ToArray(), TensorTypes.ByteLength(type, rows, dimensions[0]), write));
    }

    /// <summary>Adds bytes that are no weights, as a vector of GGML's type I8.</summary>
    internal void AddBytes(string name, long length, Action<Stream> write)
    {
        EnsureName(name, nameof(name));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Add(new Entry(name, GgufFormat.ByteTypeId, [length], length, write));
    }

    /// <summary>Writes everything to a file, over one that is there.</summary>
    public void Write(string path)
    {
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        Write(stream);
    }

    /// <summary>Writes everything to a stream, which stays open.</summary>
    /// <exception cref="InvalidOperationException">A tensor's callback wrote fewer or more bytes than the tensor has.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using MemoryStream head = new();
        using (BinaryWriter writer = new(head, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(GgufFormat.Magic);
            writer.Write(Version);
            writer.Write((ulong)_tensors.Count);
            writer.Write((ulong)_keys.Count);
            _metadata.WriteTo(head);
            long offset = 0;
            foreach (Entry tensor in _tensors)
            {
                GgufArrayContent.WriteString(head, tensor.Name);
                writer.Write(tensor.Dimensions.Length);
                foreach (long dimension in tensor.Dimensions)
                    writer.Write(dimension);
                writer.Write(tensor.TypeId);
                writer.Write(offset);
                offset = GgufFormat.Align(checked(offset + tensor.Bytes), _alignment);
            }
        }

        head.WriteTo(stream);
        Pad(stream, head.Length);
        foreach (Entry tensor in _tensors)
        {
            using MeteredStream metered = new(stream, tensor.Bytes, tensor.Name);
            tensor.Write(metered);
            metered.EnsureFull();
            Pad(stream, tensor.Bytes);
        }
    }

    private void Add(Entry tensor)
    {
        if (!_names.Add(tensor.Name))
            throw new ArgumentException($"The tensor {tensor.Name} was added before.", nameof(tensor));
        _tensors.Add(tensor);
    }

    private static void EnsureName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        if (Encoding.UTF8.GetByteCount(name) > GgufFormat.MostNameBytes)
            throw new ArgumentException($"A name has at most {GgufFormat.MostNameBytes} bytes.", parameter);
    }

    private void AddScalar(string key, GgufValueType type)
    {
        AddKey(key, type);
        _metadata.Write(_scalar, 0, GgufFormat.FixedSize(type));
    }

    private void AddKey(string key, GgufValueType type)
    {
        EnsureName(key, nameof(key));
        if (key == GgufFormat.AlignmentKey)
            throw new ArgumentException($"{key} is set by the constructor.", nameof(key));
        WriteKey(key, type);
    }

    private void WriteKey(string key, GgufValueType type)
    {
        if (!_keys.Add(key))
            throw new ArgumentException($"The key {key} was added before.", nameof(key));
        GgufArrayContent.WriteString(_metadata, key);
        Span<byte> id = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(id, (uint)type);
        _metadata.Write(id);
    }

    private void Pad(Stream stream, long position)
    {
        long missing = GgufFormat.Align(position, _alignment) - position;
        ReadOnlySpan<byte> zeros = stackalloc byte[PadBytes];
        for (; missing > 0; missing -= PadBytes)
            stream.Write(zeros[..(int)Math.Min(missing, PadBytes)]);
    }

    private sealed record Entry(string Name, uint TypeId, long[] Dimensions, long Bytes, Action<Stream> Write);
}
