using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>
/// A string of a template, which remembers which stretches of it came from outside (a user, a tool, a name): these stay marked through
/// slices, concatenation and every other operation.
/// </summary>
internal sealed class Text
{
    private static readonly int[] s_none = [];

    // Starts and ends of the stretches from outside, in order, none of them empty or touching the next.
    private readonly int[] _outside;
    private int[]? _starts;

    public Text(string value, bool outside = false, bool markup = false)
        : this(value, outside && value.Length > 0 ? [0, value.Length] : s_none, markup)
    {
    }

    public Text(string value, int[] outside, bool markup)
    {
        Value = value;
        _outside = outside;
        IsMarkup = markup;
    }

    public static Text Empty { get; } = new("");

    /// <summary>All characters.</summary>
    public string Value { get; }

    /// <summary>Whether it is escaped HTML, to which nothing is appended without escaping it too.</summary>
    public bool IsMarkup { get; }

    /// <summary>Starts and ends of the stretches from outside, in UTF-16 units.</summary>
    public ReadOnlySpan<int> OutsideBounds => _outside;

    public bool HasOutside => _outside.Length > 0;

    /// <summary>Number of code points.</summary>
    public int Count => Starts is { } starts ? starts.Length : Value.Length;

    // Where each code point begins; null where each is one unit.
    private int[]? Starts => _starts is null ? FindStarts() : _starts.Length == 0 ? null : _starts;

    public override string ToString() => Value;

    /// <summary>The unit at which a code point begins; the end for their number.</summary>
    public int UnitOf(int codePoint) => codePoint >= Count ? Value.Length : Starts is { } starts ? starts[codePoint] : codePoint;

    /// <summary>The number of code points before a unit.</summary>
    public int CodePointOf(int unit)
    {
        if (Starts is not { } starts)
            return unit;
        int at = Array.BinarySearch(starts, unit);
        return at >= 0 ? at : ~at;
    }

    /// <summary>A stretch, in units.</summary>
    public Text Slice(int start, int end)
    {
        if (start >= end)
            return IsMarkup ? new Text("", s_none, true) : Empty;
        return start == 0 && end == Value.Length ? this : new Text(Value[start..end], Bounds(start, end), IsMarkup);
    }

    /// <summary>The code point at an index.</summary>
    public Text At(int codePoint) => Slice(UnitOf(codePoint), UnitOf(codePoint + 1));

    /// <summary>Whether a unit is from outside.</summary>
    public bool IsOutside(int unit)
    {
        for (int i = 0; i < _outside.Length; i += 2)
            if (unit < _outside[i + 1])
                return unit >= _outside[i];
        return false;
    }

    public Text AsMarkup() => IsMarkup ? this : new Text(Value, _outside, true);

    public Text AsPlain() => IsMarkup ? new Text(Value, _outside, false) : this;

    public IEnumerable<Text> CodePoints()
    {
        for (int i = 0, count = Count; i < count; i++)
            yield return At(i);
    }

    private int[] Bounds(int start, int end)
    {
        if (_outside.Length == 0)
            return s_none;
        if (_outside.Length == 2)
        {
            int from = Math.Max(_outside[0], start) - start, to = Math.Min(_outside[1], end) - start;
            return from < to ? [from, to] : s_none;
        }
        List<int> bounds = [];
        for (int i = 0; i < _outside.Length; i += 2)
        {
            int from = Math.Max(_outside[i], start) - start, to = Math.Min(_outside[i + 1], end) - start;
            if (from < to)
                bounds.AddRange([from, to]);
        }
        return [.. bounds];
    }

    private int[]? FindStarts()
    {
        if (!Value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            _starts = s_none;
            return null;
        }
        List<int> starts = new(Value.Length);
        for (int i = 0; i < Value.Length; i++)
        {
            starts.Add(i);
            if (char.IsHighSurrogate(Value[i]) && i + 1 < Value.Length && char.IsLowSurrogate(Value[i + 1]))
                i++;
        }
        _starts = starts.Count == Value.Length ? s_none : [.. starts];
        return _starts.Length == 0 ? null : _starts;
    }
}
