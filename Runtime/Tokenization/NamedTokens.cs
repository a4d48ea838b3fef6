using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Llamalith.Tokenization;

/// <summary>Finds tokens in a text by their names: the leftmost one, of several the longest.</summary>
internal sealed class NamedTokens
{
    private readonly Dictionary<string, AddedToken> _byName = new(StringComparer.Ordinal);
    private readonly int[] _lengths;
    private readonly SearchValues<string>? _search;

    /// <summary>Names and their tokens; of equal names the first counts, and empty ones are never found.</summary>
    public NamedTokens(IEnumerable<(string Name, AddedToken Token)> tokens)
    {
        HashSet<int> lengths = [];
        foreach ((string name, AddedToken token) in tokens)
        {
            if (name.Length > 0 && _byName.TryAdd(name, token))
                lengths.Add(name.Length);
        }
        _lengths = [.. lengths];
        _lengths.AsSpan().Sort(static (a, b) => b.CompareTo(a));
        if (_byName.Count > 0)
            _search = SearchValues.Create([.. _byName.Keys], StringComparison.Ordinal);
    }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _search is null;

    /// <summary>Finds the first token in a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="literal">Starts and ends of stretches, in order, in which only user-defined tokens are found.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="at">Where its name begins.</param>
    /// <param name="length">The length of its name.</param>
    /// <param name="token">The token.</param>
    public bool TryFind(ReadOnlySpan<char> text, ReadOnlySpan<int> literal, int from, out int at, out int length, out AddedToken token)
    {
        while (_search is not null)
        {
            int found = text[from..].IndexOfAny(_search);
            if (found < 0)
                break;
            at = from + found;
            if (!TryFindLongest(text, literal, at, out length, out token))
                from = at + 1;
            else if ((token.Flags & AddedTokenFlags.WholeWord) == 0 || (!EndsInWord(text[..at]) && !BeginsWithWord(text[(at + length)..])))
                return true;
            else
                from = at + length;
        }
        (at, length, token) = (text.Length, 0, default);
        return false;
    }

    private bool TryFindLongest(ReadOnlySpan<char> text, ReadOnlySpan<int> literal, int at, out int length, out AddedToken token)
    {
        Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> byName = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (int candidate in _lengths)
        {
            length = candidate;
            if (at + candidate <= text.Length && byName.TryGetValue(text.Slice(at, candidate), out token)
                && (token.Kind == TokenKind.UserDefined || !LiteralText.Overlaps(literal, at, at + candidate)))
                return true;
        }
        token = default;
        length = 0;
        return false;
    }

    private static bool BeginsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune first, out _) == OperationStatus.Done && IsWord(first);

    private static bool EndsInWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune last, out _) == OperationStatus.Done && IsWord(last);

    /// <summary>\w, by Unicode's definition.</summary>
    private static bool IsWord(Rune character) => Rune.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.ConnectorPunctuation => true,
        // Joiners, and letters in circles and squares, which are symbols by category.
        _ => character.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
    };
}
