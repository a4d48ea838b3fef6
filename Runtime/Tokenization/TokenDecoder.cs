using System;
using System.Text;

namespace Llamalith.Tokenization;

/// <summary>
/// Turns a stream of tokens into a stream of bytes, one token at a time: what each token adds to the text, less the leading
/// space that encoding had put before it. A mutable struct: keep it in a field or a local, not in a property.
/// </summary>
public struct TokenDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _showSpecial;
    private bool _atStart;

    /// <summary>A decoder for a tokenizer's tokens.</summary>
    /// <param name="tokenizer">Whose tokens they are.</param>
    /// <param name="atStart">Whether the next token begins a text (nothing came before it, or marks without text, as BOS).</param>
    /// <param name="showSpecial">Whether control tokens show as their names; default: they have no text.</param>
    public TokenDecoder(Tokenizer tokenizer, bool atStart, bool showSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _atStart = atStart;
        _showSpecial = showSpecial;
    }

    /// <summary>The bytes that the next token adds to the text. They need not be whole characters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    public ReadOnlySpan<byte> Next(int token)
    {
        ReadOnlySpan<byte> piece = _tokenizer.GetPiece(token);
        return _atStart || piece.IsEmpty ? NextSlowly(token, piece) : piece;
    }

    private ReadOnlySpan<byte> NextSlowly(int token, ReadOnlySpan<byte> piece)
    {
        if (_showSpecial && piece.IsEmpty && _tokenizer.GetKind(token) is TokenKind.Control or TokenKind.Unknown)
            piece = Encoding.UTF8.GetBytes(_tokenizer.GetName(token));
        if (!_atStart || piece.IsEmpty)
            return piece;
        bool dropsAll = _tokenizer.DropsLeadingSpaces;
        bool spaced = piece[0] == (byte)' ' && _tokenizer.GetKind(token) is TokenKind.Normal or TokenKind.UserDefined or TokenKind.Unused;
        if (spaced && (dropsAll || _tokenizer.AddsLeadingSpace))
            piece = piece[1..];
        // SentencePiece stays at the start until something came out, where it drops all the leading spaces.
        _atStart = dropsAll && piece.IsEmpty;
        return piece;
    }
}
