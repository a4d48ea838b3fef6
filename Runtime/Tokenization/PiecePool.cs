using System;

namespace Llamalith.Tokenization;

/// <summary>A list of byte strings, kept end to end in one array.</summary>
internal sealed class PiecePool
{
    private byte[] _bytes;
    private int[] _ends;

    /// <summary>An empty pool with room for so many strings of the usual length.</summary>
    public PiecePool(int capacity)
    {
        _bytes = new byte[Math.Max(64, 8 * Math.Min(capacity, 1 << 20))];
        _ends = new int[Math.Max(16, capacity) + 1];
    }

    /// <summary>Number of strings.</summary>
    public int Count { get; private set; }

    /// <summary>The string of that number.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            int start = _ends[index];
            return _bytes.AsSpan(start, _ends[index + 1] - start);
        }
    }

    /// <summary>Adds a string.</summary>
    public void Add(ReadOnlySpan<byte> piece)
    {
        int start = _ends[Count];
        int end = checked(start + piece.Length);
        if (end > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(2L * _bytes.Length, end), Array.MaxLength));
        if (Count + 1 == _ends.Length)
            Array.Resize(ref _ends, 2 * _ends.Length);
        piece.CopyTo(_bytes.AsSpan(start));
        _ends[++Count] = end;
    }
}
