using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Llamalith.Generator.Reading;

/// <summary>
/// Reads JSON to dictionaries, lists, strings, <see cref="JsonNumber"/>s, bools and nulls. A compiler plug-in brings no library of its own,
/// and none of its hosts promises to have one.
/// </summary>
internal struct JsonText
{
    private const int Deepest = 16;

    private readonly string _text;
    private int _at;

    private JsonText(string text)
    {
        _text = text;
        _at = 0;
    }

    /// <summary>Reads a whole text.</summary>
    /// <exception cref="FormatException">It is not JSON; the message says where.</exception>
    public static object? Read(string text)
    {
        JsonText reader = new(text);
        object? value = reader.ReadValue(0);
        reader.SkipSpace();
        return reader._at == text.Length ? value : throw reader.Bad();
    }

    private object? ReadValue(int depth)
    {
        if (depth > Deepest)
            throw Bad();
        SkipSpace();
        switch (Peek())
        {
            case '{':
                return ReadObject(depth);
            case '[':
                return ReadArray(depth);
            case '"':
                return ReadString();
            case 't':
                return Word("true", true);
            case 'f':
                return Word("false", false);
            case 'n':
                return Word("null", null);
            default:
                return ReadNumber();
        }
    }

    private Dictionary<string, object?> ReadObject(int depth)
    {
        Dictionary<string, object?> members = new(StringComparer.Ordinal);
        Take('{');
        if (TryTake('}'))
            return members;
        do
        {
            SkipSpace();
            string name = ReadString();
            if (members.ContainsKey(name))
                throw Bad();
            Take(':');
            members.Add(name, ReadValue(depth + 1));
        }
        while (TryTake(','));
        Take('}');
        return members;
    }

    private List<object?> ReadArray(int depth)
    {
        List<object?> items = [];
        Take('[');
        if (TryTake(']'))
            return items;
        do
        {
            items.Add(ReadValue(depth + 1));
        }
        while (TryTake(','));
        Take(']');
        return items;
    }

    private string ReadString()
    {
        Take('"');
        int end = _text.IndexOfAny(['"', '\\'], _at);
        if (end >= 0 && _text[end] == '"')
        {
            string plain = _text.Substring(_at, end - _at);
            _at = end + 1;
            return plain;
        }

        StringBuilder text = new();
        for (char c = Next(); c != '"'; c = Next())
            text.Append(c == '\\' ? Escaped() : c);
        return text.ToString();
    }

    private char Escaped() => Next() switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\b',
        'f' => '\f',
        'u' => Hexadecimal(),
        var c and ('"' or '\\' or '/') => c,
        _ => throw Bad(),
    };

    private char Hexadecimal()
    {
        if (_at + 4 > _text.Length || !ushort.TryParse(
            _text.Substring(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
        {
            throw Bad();
        }

        _at += 4;
        return (char)code;
    }

    private JsonNumber ReadNumber()
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] is (>= '0' and <= '9') or '-' or '+' or '.' or 'e' or 'E')
            _at++;
        string text = _text.Substring(start, _at - start);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? new JsonNumber(value, text) : throw Bad();
    }

    private object? Word(string word, object? value)
    {
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
            throw Bad();
        _at += word.Length;
        return value;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\n' or '\r' or '\t')
            _at++;
    }

    private readonly char Peek() => _at < _text.Length ? _text[_at] : '\0';

    private char Next() => _at < _text.Length ? _text[_at++] : throw Bad();

    private bool TryTake(char c)
    {
        SkipSpace();
        if (Peek() != c)
            return false;
        _at++;
        return true;
    }

    private void Take(char c)
    {
        if (!TryTake(c))
            throw Bad();
    }

    private readonly FormatException Bad()
    {
        int line = 1;
        for (int i = 0; i < _at && i < _text.Length; i++)
            line += _text[i] == '\n' ? 1 : 0;
        return new FormatException(string.Format(CultureInfo.InvariantCulture, "it is no JSON from line {0} on", line));
    }
}

/// <summary>A number, and how it is written.</summary>
internal readonly record struct JsonNumber(double Value, string Text);
