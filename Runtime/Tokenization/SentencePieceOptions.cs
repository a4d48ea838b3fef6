namespace Llamalith.Tokenization;

/// <summary>What a SentencePiece vocabulary says beside its pieces. The defaults are Llama 2's.</summary>
public sealed record SentencePieceOptions
{
    /// <summary>The token that begins a sequence; -1 for none.</summary>
    public int BosId { get; init; } = 1;

    /// <summary>The token that ends a sequence; -1 for none.</summary>
    public int EosId { get; init; } = 2;

    /// <summary>The token that ends a turn of a conversation; -1 for none.</summary>
    public int EotId { get; init; } = -1;

    /// <summary>Whether prompts begin with <see cref="BosId"/>.</summary>
    public bool AddBos { get; init; } = true;

    /// <summary>Whether prompts end with <see cref="EosId"/>.</summary>
    public bool AddEos { get; init; }

    /// <summary>Whether a space is put before every text that is not empty (SentencePiece: add_dummy_prefix).</summary>
    public bool AddSpacePrefix { get; init; } = true;

    /// <summary>Whether leading, trailing and doubled spaces are removed first (SentencePiece: remove_extra_whitespaces).</summary>
    public bool RemoveExtraWhitespaces { get; init; }

    /// <summary>What the unknown token decodes to (SentencePiece: unk_surface).</summary>
    public string UnknownText { get; init; } = " \u2047 ";
}
