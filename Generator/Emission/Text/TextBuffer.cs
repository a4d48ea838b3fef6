using System;
using System.Buffers;

namespace Llamalith.Generator.Emission.Text;

/// <summary>Characters that are written one behind the other.</summary>
internal sealed class TextBuffer
{
    private char[] _chars = [];
    private int _length;

    /// <summary>What was written, valid until more is.</summary>
    public ReadOnlySpan<char> Written => _chars.AsSpan(0, _length);

    public void Append(ReadOnlySpan<char> text) => text.CopyTo(Next(text.Length));

    public void Append(char c, int count) => Next(count).Fill(c);

    public void Clear() => _length = 0;

    /// <summary>What was written, as a string, and nothing is left.</summary>
    public string Take()
    {
        string all = Written.ToString();
        Free();
        return all;
    }

    /// <summary>Gives back what it took.</summary>
    public void Free()
    {
        if (_chars.Length > 0)
            ArrayPool<char>.Shared.Return(_chars);
        (_chars, _length) = ([], 0);
    }

    private Span<char> Next(int count)
    {
        if (_chars.Length - _length < count)
            Grow(count);
        _length += count;
        return _chars.AsSpan(_length - count, count);
    }

    // The arrays are the pool's: clearing new ones took as long as a tenth of all that is written into them.
    private void Grow(int count)
    {
        char[] larger = ArrayPool<char>.Shared.Rent(Math.Max(_length + count, Math.Max(256, 2 * _chars.Length)));
        int length = _length;
        Written.CopyTo(larger);
        Free();
        (_chars, _length) = (larger, length);
    }
}
