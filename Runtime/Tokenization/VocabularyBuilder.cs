using System;
using System.Collections.Generic;
using Llamalith.Contracts;

namespace Llamalith.Tokenization;

/// <summary>Collects the tokens of a vocabulary in the order of their ids, whatever file they come from.</summary>
/// <param name="source">The file, for messages.</param>
/// <param name="capacity">Number of tokens expected.</param>
internal sealed class VocabularyBuilder(string source, int capacity)
{
    private readonly List<float> _scores = new(capacity);
    private readonly List<TokenKind> _kinds = new(capacity);

    /// <summary>The file, for messages.</summary>
    public string Source { get; } = source;

    /// <summary>Their names: spaces as spaces, bytes as in &lt;0x0A&gt;.</summary>
    public PiecePool Names { get; } = new(capacity);

    /// <summary>Their merge scores: the highest is merged first.</summary>
    public IReadOnlyList<float> Scores => _scores;

    /// <summary>What they are.</summary>
    public IReadOnlyList<TokenKind> Kinds => _kinds;

    /// <summary>Number of tokens.</summary>
    public int Count => Names.Count;

    /// <summary>Adds the token of the next id.</summary>
    /// <exception cref="ModelFormatException">The score is neither finite nor minus infinity, which is below all others.</exception>
    public void Add(ReadOnlySpan<byte> name, float score, TokenKind kind)
    {
        if (!float.IsFinite(score) && !float.IsNegativeInfinity(score))
            throw new ModelFormatException($"{Source}: the score of token {Count} is {score}, neither a finite number nor minus infinity.");
        Names.Add(name);
        _scores.Add(score);
        _kinds.Add(kind);
    }
}
