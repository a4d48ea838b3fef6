using System;

namespace Llamalith.Tokenization;

/// <summary>Cuts a text into tokens that are recognized by their names and the stretches between them, in their order.</summary>
/// <param name="tokens">The tokens; null for none.</param>
/// <param name="text">The text.</param>
/// <param name="literal">Starts and ends of stretches that others wrote, in order: no control token begins, ends or lies there.</param>
/// <param name="spacesAreText">Whether a space is a character of words here, which no token strips: SentencePiece's, not white
/// space.</param>
internal ref struct TokenSplit(NamedTokens? tokens, ReadOnlySpan<char> text, ReadOnlySpan<int> literal, bool spacesAreText)
{
    private readonly ReadOnlySpan<char> _text = text;
    private readonly ReadOnlySpan<int> _literal = literal;
    private int _taken;
    private int _from;
    private int _pendingToken = -1;
    private int _pendingEnd;
    private bool _searched;

    /// <summary>The token; -1 for a stretch.</summary>
    public int Token { get; private set; } = -1;

    /// <summary>The stretch, never empty.</summary>
    public ReadOnlySpan<char> Stretch { get; private set; }

    /// <summary>Where the stretch begins in the text.</summary>
    public int Start { get; private set; }

    /// <summary>Goes on to the next token or stretch.</summary>
    public bool MoveNext()
    {
        if (_pendingToken >= 0)
            return TakeToken();
        if (_searched || tokens is null || !tokens.TryFind(_text, _literal, _from, out int at, out int length, out AddedToken token))
        {
            _searched = true;
            return TakeStretch(_text.Length);
        }

        int end = at + length;
        _from = end;
        _pendingToken = token.Id;
        _pendingEnd = (token.Flags & AddedTokenFlags.StripRight) != 0 ? EndOfSpace(end, token.Flags) : end;
        int start = (token.Flags & AddedTokenFlags.StripLeft) != 0 ? StartOfSpace(at, token.Flags) : at;
        return TakeStretch(start) || TakeToken();
    }

    private bool TakeToken()
    {
        Token = _pendingToken;
        _pendingToken = -1;
        _taken = Math.Max(_taken, _pendingEnd);
        return true;
    }

    private bool TakeStretch(int end)
    {
        if (end <= _taken)
            return false;
        Token = -1;
        Start = _taken;
        Stretch = _text[_taken..end];
        _taken = end;
        return true;
    }

    private readonly int EndOfSpace(int at, AddedTokenFlags flags)
    {
        while (at < _text.Length && IsSpace(_text[at], flags))
            at++;
        return at;
    }

    private readonly int StartOfSpace(int at, AddedTokenFlags flags)
    {
        while (at > _taken && IsSpace(_text[at - 1], flags))
            at--;
        return at;
    }

    private readonly bool IsSpace(char character, AddedTokenFlags flags) =>
        char.IsWhiteSpace(character) && !(character == ' ' && spacesAreText && (flags & AddedTokenFlags.StripsSpaces) == 0);
}
