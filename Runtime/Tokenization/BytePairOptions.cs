namespace Llamalith.Tokenization;

/// <summary>What a byte-pair vocabulary says beside its pieces and merges.</summary>
public sealed record BytePairOptions
{
    /// <summary>How a text is cut into words.</summary>
    public PreTokenizer PreTokenizer { get; init; } = PreTokenizer.Gpt2;

    /// <summary>The token that begins a sequence; -1 for none.</summary>
    public int BosId { get; init; } = -1;

    /// <summary>The token that ends a sequence; -1 for none.</summary>
    public int EosId { get; init; } = -1;

    /// <summary>The token that ends a turn of a conversation; -1 for none.</summary>
    public int EotId { get; init; } = -1;

    /// <summary>The token for characters that have no other; -1 for the first of kind <see cref="TokenKind.Unknown"/>.</summary>
    public int UnknownId { get; init; } = -1;

    /// <summary>Whether prompts begin with <see cref="BosId"/>.</summary>
    public bool AddBos { get; init; }

    /// <summary>Whether prompts end with <see cref="EosId"/>.</summary>
    public bool AddEos { get; init; }

    /// <summary>When a space is put before a text that is not empty.</summary>
    public SpacePrefix SpacePrefix { get; init; }

    /// <summary>Whether a word that is a token is that token, whatever merging would make of it (Llama 3's way).</summary>
    public bool IgnoreMerges { get; init; }
}
