using System;
using System.Collections.Generic;

namespace Llamalith.Constraints;

/// <summary>A set of code points: sorted ranges, none of which touch.</summary>
internal sealed class CharSet
{
    public const int MaxCodePoint = 0x10FFFF;

    private readonly int[] _bounds;

    private CharSet(int[] bounds) => _bounds = bounds;

    public static CharSet Empty { get; } = new([]);

    public static CharSet All { get; } = new([0, MaxCodePoint]);

    /// <summary>First and last code point of each range.</summary>
    public ReadOnlySpan<int> Bounds => _bounds;

    public bool IsEmpty => _bounds.Length == 0;

    public static CharSet Of(int first, int last) => first > last ? Empty : new([first, last]);

    public static CharSet Of(int codePoint) => new([codePoint, codePoint]);

    /// <summary>The set of some ranges, in any order.</summary>
    public static CharSet Of(List<(int First, int Last)> ranges)
    {
        ranges.Sort();
        List<int> bounds = [];
        foreach ((int first, int last) in ranges)
        {
            if (bounds.Count > 0 && first <= bounds[^1] + 1)
            {
                bounds[^1] = Math.Max(bounds[^1], last);
                continue;
            }
            bounds.Add(first);
            bounds.Add(last);
        }
        return new([.. bounds]);
    }

    public bool Contains(int codePoint)
    {
        int at = Array.BinarySearch(_bounds, codePoint);
        return at >= 0 || (~at & 1) == 1;
    }

    public CharSet Union(CharSet other)
    {
        List<(int, int)> ranges = [];
        foreach (CharSet set in (ReadOnlySpan<CharSet>)[this, other])
            for (int i = 0; i < set._bounds.Length; i += 2)
                ranges.Add((set._bounds[i], set._bounds[i + 1]));
        return Of(ranges);
    }

    public CharSet Complement()
    {
        List<int> bounds = [];
        int next = 0;
        for (int i = 0; i < _bounds.Length; i += 2)
        {
            if (_bounds[i] > next)
                bounds.AddRange([next, _bounds[i] - 1]);
            next = _bounds[i + 1] + 1;
        }
        if (next <= MaxCodePoint)
            bounds.AddRange([next, MaxCodePoint]);
        return new([.. bounds]);
    }
}
