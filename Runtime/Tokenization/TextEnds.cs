using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace Llamalith.Tokenization;

/// <summary>
/// Where a text ends: every token at which generation stops. Files mark several: the end of a sequence, of a turn, of a message to a tool.
/// A token that begins a sequence ends the one before it, too.
/// </summary>
public sealed class TextEnds
{
    /// <summary>A set of tokens; those below zero, which stand for none, are left out.</summary>
    public TextEnds(IEnumerable<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        Tokens = [.. tokens.Where(static token => token >= 0).Distinct().Order()];
    }

    /// <summary>The tokens, in rising order.</summary>
    public ImmutableArray<int> Tokens { get; }

    /// <summary>Whether a text ends at a token.</summary>
    public bool Contains(int token) => Tokens.AsSpan().Contains(token);
}
