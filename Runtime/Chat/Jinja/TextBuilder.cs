using System;
using System.Collections.Generic;
using System.Text;

namespace Llamalith.Chat.Jinja;

/// <summary>Puts a <see cref="Text"/> together and keeps its marks.</summary>
internal sealed class TextBuilder(Run run)
{
    private readonly StringBuilder _text = new();
    private readonly List<int> _bounds = [];

    public int Length => _text.Length;

    /// <summary>The last unit; none where it is empty.</summary>
    public char Last => _text.Length == 0 ? '\0' : _text[^1];

    public TextBuilder Append(Text text)
    {
        int at = _text.Length;
        run.ChargeChars(text.Value.Length);
        _text.Append(text.Value);
        ReadOnlySpan<int> bounds = text.OutsideBounds;
        for (int i = 0; i < bounds.Length; i += 2)
            Mark(at + bounds[i], at + bounds[i + 1]);
        return this;
    }

    /// <summary>Appends a stretch of a text, in units.</summary>
    public TextBuilder Append(Text text, int start, int end)
    {
        if (start >= end)
            return this;
        int at = _text.Length;
        run.ChargeChars(end - start);
        _text.Append(text.Value, start, end - start);
        ReadOnlySpan<int> bounds = text.OutsideBounds;
        for (int i = 0; i < bounds.Length; i += 2)
        {
            int from = Math.Max(bounds[i], start), to = Math.Min(bounds[i + 1], end);
            if (from < to)
                Mark(at + from - start, at + to - start);
        }
        return this;
    }

    /// <summary>Appends the template's own text.</summary>
    public TextBuilder Append(string text)
    {
        run.ChargeChars(text.Length);
        _text.Append(text);
        return this;
    }

    public TextBuilder Append(char c, bool outside = false)
    {
        run.ChargeChars(1);
        _text.Append(c);
        if (outside)
            Mark(_text.Length - 1, _text.Length);
        return this;
    }

    public TextBuilder Append(ReadOnlySpan<char> text, bool outside)
    {
        run.ChargeChars(text.Length);
        _text.Append(text);
        if (outside && text.Length > 0)
            Mark(_text.Length - text.Length, _text.Length);
        return this;
    }

    public Text ToText(bool markup = false) => new(_text.ToString(), [.. _bounds], markup);

    private void Mark(int start, int end)
    {
        if (_bounds.Count > 0 && _bounds[^1] == start)
        {
            _bounds[^1] = end;
            return;
        }
        run.ChargeItems(1);
        _bounds.Add(start);
        _bounds.Add(end);
    }
}
