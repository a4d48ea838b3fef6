using System;
using System.Buffers;
using System.Collections.Generic;

namespace Llamalith.Tokenization;

/// <summary>Finds tokens in a text by their names: the leftmost one, of several the longest.</summary>
internal sealed class NamedTokens
{
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly int[] _lengths;
    private readonly SearchValues<string>? _search;

    /// <summary>Tokens and their names; of equal names the first counts, and empty ones are never found.</summary>
    public NamedTokens(IEnumerable<(string Name, int Token)> tokens)
    {
        HashSet<int> lengths = [];
        foreach ((string name, int token) in tokens)
        {
            if (name.Length > 0 && _byName.TryAdd(name, token))
                lengths.Add(name.Length);
        }
        _lengths = [.. lengths];
        _lengths.AsSpan().Sort(static (a, b) => b.CompareTo(a));
        if (_byName.Count > 0)
            _search = SearchValues.Create([.. _byName.Keys], StringComparison.Ordinal);
    }

    /// <summary>Finds the first token in a text.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="at">Where its name begins; the text's length where there is none.</param>
    /// <param name="length">The length of its name.</param>
    /// <param name="token">The token.</param>
    public bool TryFind(ReadOnlySpan<char> text, out int at, out int length, out int token)
    {
        at = _search is null ? -1 : text.IndexOfAny(_search);
        if (at >= 0)
        {
            Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> byName = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
            foreach (int candidate in _lengths)
            {
                length = candidate;
                if (length <= text.Length - at && byName.TryGetValue(text.Slice(at, length), out token))
                    return true;
            }
        }
        at = text.Length;
        length = 0;
        token = -1;
        return false;
    }
}
