using System.Collections.Generic;

namespace Llamalith.Tokenization;

/// <summary>What a vocabulary of any kind says beside its pieces.</summary>
public abstract record VocabularyOptions
{
    private protected VocabularyOptions()
    {
    }

    /// <summary>The token that begins a sequence; -1 for none.</summary>
    public int BosId { get; init; } = -1;

    /// <summary>The token that ends a sequence; -1 for none.</summary>
    public int EosId { get; init; } = -1;

    /// <summary>The token that ends a turn of a conversation; -1 for the control token of a well-known name, if there is one.</summary>
    public int EotId { get; init; } = -1;

    /// <summary>
    /// Tokens at which a text ends beside <see cref="BosId"/>, <see cref="EosId"/>, <see cref="EotId"/> and the control tokens of
    /// well-known names.
    /// </summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Whether prompts begin with <see cref="BosId"/>.</summary>
    public bool AddBos { get; init; }

    /// <summary>Whether prompts end with <see cref="EosId"/>.</summary>
    public bool AddEos { get; init; }

    /// <summary>When a space is put before a text that is not empty.</summary>
    public SpacePrefix SpacePrefix { get; init; }

    /// <summary>Whether a text is brought into Unicode's Normalization Form C first.</summary>
    public bool Nfc { get; init; }
}
