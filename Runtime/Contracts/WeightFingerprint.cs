using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Contracts;

/// <summary>
/// Tells weights from others of the same shape at the cost of a few pages of each tensor: name, type, shape, and four pieces of 4 KiB
/// spread over its bytes (all of them where they are fewer). Another training gives another fingerprint; a file that was changed by hand in
/// one place may keep its own. It guards against mistakes, not against forgery.
/// </summary>
internal sealed unsafe class WeightFingerprint
{
    private const int Pieces = 4;
    private const int PieceBytes = 4096;

    // Odd numbers without a pattern: the digits of the golden ratio and of the square root of two.
    private const ulong FirstFactor = 0x9E3779B97F4A7C15, SecondFactor = 0x6A09E667F3BCC909;

    private ulong _first;
    private ulong _second;

    /// <summary>Adds a tensor; the order of tensors counts.</summary>
    public void Add(in TensorView tensor)
    {
        foreach (char letter in tensor.Name)
            Add(letter);
        Add((ulong)tensor.Type);
        Add((ulong)tensor.Rows);
        Add((ulong)tensor.Columns);
        if (tensor.ByteLength <= Pieces * PieceBytes)
        {
            Add(new ReadOnlySpan<byte>(tensor.Data, (int)tensor.ByteLength));
            return;
        }

        for (int piece = 0; piece < Pieces; piece++)
            Add(new ReadOnlySpan<byte>(tensor.Data + ((tensor.ByteLength - PieceBytes) / (Pieces - 1) * piece), PieceBytes));
    }

    /// <summary>It, as 32 digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_first:x16}{_second:x16}");

    private void Add(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        ulong rest = (ulong)bytes.Length;
        foreach (byte value in bytes)
            rest = (rest << 8) | value;
        Add(rest);
    }

    // The two halves of a product carry every bit of the word to every bit of the sum.
    private void Add(ulong word)
    {
        ulong high = Math.BigMul(_first ^ word, FirstFactor, out ulong low);
        _first = (high ^ low) + word;
        high = Math.BigMul(BitOperations.RotateLeft(_second, 23) + word, SecondFactor, out low);
        _second = (high ^ low) + _first;
    }
}
