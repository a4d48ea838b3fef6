using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Reference;

/// <summary>
/// A checkpoint without a file: tensors in pinned memory, stored in any type. What a test puts in is rounded to the stored type,
/// and whoever reads it (an engine, the reference) sees the same rounded numbers.
/// </summary>
public sealed unsafe class MemoryCheckpoint : Checkpoint
{
    private readonly Dictionary<string, Stored> _tensors = [];

    /// <summary>An empty checkpoint.</summary>
    /// <param name="shape">The hyperparameters that it states.</param>
    /// <param name="layout">How its query and key rows pair up.</param>
    /// <param name="path">The name that messages give it.</param>
    public MemoryCheckpoint(ModelShape shape, RopeLayout layout = RopeLayout.Interleaved, string path = "memory")
    {
        Shape = shape;
        RopeLayout = layout;
        Path = path;
    }

    public override string Path { get; }

    public override ModelShape Shape { get; }

    public override RopeLayout RopeLayout { get; }

    public override IReadOnlyCollection<string> CanonicalNames => _tensors.Keys;

    /// <summary>Whether it was disposed; its memory lives on as long as someone holds it.</summary>
    public bool IsDisposed { get; private set; }

    public override string KeyOf(string hyperparameter) => "memory." + hyperparameter;

    /// <summary>Stores a tensor, or replaces the one of that name.</summary>
    /// <param name="name">Its canonical name.</param>
    /// <param name="rows">Number of rows; 1 for a vector.</param>
    /// <param name="columns">Elements a row.</param>
    /// <param name="values">The elements, row by row.</param>
    /// <param name="type">How they are stored; rows must be whole blocks of it.</param>
    /// <param name="misalignment">Bytes between a 64-byte boundary and the first element.</param>
    public void Set(string name, int rows, int columns, ReadOnlySpan<float> values, TensorType type = TensorType.F32, int misalignment = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, checked(rows * columns));
        int length = checked((int)TensorTypes.ByteLength(type, rows, columns));
        byte[] buffer = GC.AllocateArray<byte>(length + 64 + misalignment, pinned: true);
        byte* start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0);
        byte* data = (byte*)(((nint)start + 63) & ~63) + misalignment;
        var stored = new Span<byte>(data, length);
        int elementSize = type == TensorType.F32 ? 4 : 2;
        if (TensorTypes.BlockOf(type).Elements > 1)
        {
            BlockFormats.Quantize(type, values, stored);
            values = [];
        }

        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> element = stored.Slice(i * elementSize, elementSize);
            switch (type)
            {
                case TensorType.F32:
                    MemoryMarshal.Write(element, values[i]);
                    break;
                case TensorType.F16:
                    MemoryMarshal.Write(element, (Half)values[i]);
                    break;
                case TensorType.BF16:
                    MemoryMarshal.Write(element, ToBrain(values[i]));
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(type), type, "This type is not stored.");
            }
        }

        _tensors[name] = new Stored(type, rows, columns, buffer, (nint)data, length);
    }

    /// <summary>
    /// Stores a tensor in F32 whose elements are a block, over and over: for sizes at which random numbers take too long.
    /// </summary>
    public void SetRepeating(string name, int rows, int columns, ReadOnlySpan<float> block)
    {
        ArgumentOutOfRangeException.ThrowIfZero(block.Length);
        long length = (long)rows * columns * sizeof(float);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(checked((int)length + 64), pinned: true);
        byte* start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0);
        byte* data = (byte*)(((nint)start + 63) & ~63);
        Span<float> rest = new(data, rows * columns);
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<float> piece = block[..Math.Min(block.Length, rest.Length)];
            piece.CopyTo(rest);
            rest = rest[piece.Length..];
        }

        _tensors[name] = new Stored(TensorType.F32, rows, columns, buffer, (nint)data, length);
    }

    /// <summary>Takes a tensor out.</summary>
    public void Remove(string name)
    {
        if (!_tensors.Remove(name))
            throw new ArgumentException($"There is no tensor {name}.", nameof(name));
    }

    /// <summary>Another checkpoint over the same memory, which may state another shape; each is disposed for itself.</summary>
    public MemoryCheckpoint Share(ModelShape? shape = null)
    {
        var other = new MemoryCheckpoint(shape ?? Shape, RopeLayout, Path);
        foreach ((string name, Stored tensor) in _tensors)
            other._tensors.Add(name, tensor);
        return other;
    }

    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!_tensors.TryGetValue(name, out Stored? stored))
        {
            tensor = default;
            return false;
        }

        tensor = new TensorView(name, stored.Type, stored.Rows, stored.Columns, (byte*)stored.Address, stored.Length);
        return true;
    }

    protected override void Dispose(bool disposing) => IsDisposed = true;

    // Round to nearest, ties to even; a NaN stays one.
    private static ushort ToBrain(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
            return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    // The buffer keeps its memory alive; the address is that of the first element in it.
    private sealed record Stored(TensorType Type, int Rows, int Columns, byte[] Buffer, nint Address, long Length);
}
