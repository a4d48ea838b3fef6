using System;

namespace Llamalith.Generation;

/// <summary>Bytes that are written, read and thrown away, over and over in the same array.</summary>
internal sealed class TextBuffer
{
    private byte[] _bytes = new byte[256];

    /// <summary>Number of bytes written.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    /// <summary>Throws all away.</summary>
    public void Clear() => Count = 0;

    /// <summary>Keeps the last so many bytes only.</summary>
    public void KeepLast(int count)
    {
        _bytes.AsSpan(Count - count, count).CopyTo(_bytes);
        Count = count;
    }

    /// <summary>Room for at least so many more bytes.</summary>
    public Span<byte> Room(int count)
    {
        if (_bytes.Length - Count < count)
            Array.Resize(ref _bytes, Math.Max(checked(Count + count), 2 * _bytes.Length));
        return _bytes.AsSpan(Count);
    }

    /// <summary>Counts bytes that were written into <see cref="Room"/>.</summary>
    public void Advance(int count) => Count += count;

    /// <summary>Writes bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Count += bytes.Length;
    }
}
