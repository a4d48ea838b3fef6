namespace Llamalith.Tokenization;

/// <summary>What a byte-pair vocabulary says beside its pieces and merges.</summary>
public sealed record BytePairOptions : VocabularyOptions
{
    /// <summary>How a text is cut into words.</summary>
    public PreTokenizer PreTokenizer { get; init; } = PreTokenizer.Gpt2;

    /// <summary>The token for characters that have no other; -1 for the first of kind <see cref="TokenKind.Unknown"/>.</summary>
    public int UnknownId { get; init; } = -1;

    /// <summary>Whether neighbouring characters that have no token become one unknown token; else each becomes one.</summary>
    public bool FuseUnknown { get; init; } = true;

    /// <summary>Whether a word that is a token is that token, whatever merging would make of it (Llama 3's way).</summary>
    public bool IgnoreMerges { get; init; }
}
