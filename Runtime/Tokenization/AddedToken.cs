using System;

namespace Llamalith.Tokenization;

/// <summary>A token that is recognized in a text by its name, before words are cut and merged.</summary>
/// <param name="Id">The token.</param>
/// <param name="Content">The name, as the file writes it.</param>
/// <param name="Kind">User-defined tokens are always recognized, control tokens and the unknown one where that is asked for.</param>
/// <param name="Flags">What its surroundings must be, or lose.</param>
internal readonly record struct AddedToken(int Id, string Content, TokenKind Kind, AddedTokenFlags Flags);

/// <summary>How a token is recognized. Files carry the numbers.</summary>
[Flags]
internal enum AddedTokenFlags
{
    /// <summary>In the text as it is.</summary>
    None = 0,

    /// <summary>White space before it belongs to it.</summary>
    StripLeft = 1,

    /// <summary>White space after it belongs to it.</summary>
    StripRight = 2,

    /// <summary>Only where no letter, digit or underscore stands before or after it.</summary>
    WholeWord = 4,

    /// <summary>In the normalized text, by its normalized name (Hugging Face: normalized).</summary>
    Normalized = 8,

    /// <summary>In the normalized text, the space before it included, by its name (SentencePiece: user-defined symbols).</summary>
    Inline = 16,

    /// <summary>A space in normalized text is white space to it, even where a space is part of words.</summary>
    StripsSpaces = 32,
}
