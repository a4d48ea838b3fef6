using System;
using System.Collections.Generic;
using System.Text;
using Llamalith.Contracts;

namespace Llamalith.Tokenization;

/// <summary>Collects the tokens of a vocabulary in the order of their ids, whatever file they come from.</summary>
/// <param name="source">The file, for messages.</param>
/// <param name="capacity">Number of tokens expected.</param>
internal sealed class VocabularyBuilder(string source, int capacity)
{
    private readonly List<float> _scores = new(capacity);
    private readonly List<TokenKind> _kinds = new(capacity);
    private readonly List<AddedToken> _added = [];

    /// <summary>The file, for messages.</summary>
    public string Source { get; } = source;

    /// <summary>Their names: spaces as spaces, bytes as in &lt;0x0A&gt;.</summary>
    public PiecePool Names { get; } = new(capacity);

    /// <summary>Their merge scores: the highest is merged first.</summary>
    public IReadOnlyList<float> Scores => _scores;

    /// <summary>What they are.</summary>
    public IReadOnlyList<TokenKind> Kinds => _kinds;

    /// <summary>Those that are recognized in a text by their names: user-defined and control tokens and the unknown one.</summary>
    public IReadOnlyList<AddedToken> Added => _added;

    /// <summary>Number of tokens.</summary>
    public int Count => Names.Count;

    /// <summary>Adds the token of the next id.</summary>
    /// <param name="name">Its name: spaces as spaces.</param>
    /// <param name="score">Its merge score; infinite ones come last or first.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="content">Its name as the file writes it; null where that is the same, with U+2581 for each space.</param>
    /// <param name="flags">How it is recognized in a text.</param>
    /// <exception cref="ModelFormatException">The score is no number.</exception>
    public void Add(ReadOnlySpan<byte> name, float score, TokenKind kind, string? content = null, AddedTokenFlags flags = default)
    {
        if (float.IsNaN(score))
            throw new ModelFormatException($"{Source}: the score of token {Count} is {score}, not a number.");
        if (kind is TokenKind.UserDefined or TokenKind.Control or TokenKind.Unknown)
            _added.Add(new AddedToken(Count, content ?? Encoding.UTF8.GetString(name).Replace(' ', '\u2581'), kind, flags));
        Names.Add(name);
        _scores.Add(score);
        _kinds.Add(kind);
    }
}
