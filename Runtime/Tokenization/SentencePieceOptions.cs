namespace Llamalith.Tokenization;

/// <summary>What a SentencePiece vocabulary says beside its pieces. The defaults are Llama 2's.</summary>
public sealed record SentencePieceOptions : VocabularyOptions
{
    /// <summary>
    /// Llama 2's answers: BOS is token 1, which prompts begin with, EOS is token 2, and a space is put before every text.
    /// </summary>
    public SentencePieceOptions() => (BosId, EosId, AddBos, SpacePrefix) = (1, 2, true, SpacePrefix.Always);

    /// <summary>Whether leading, trailing and doubled spaces are removed first (SentencePiece: remove_extra_whitespaces).</summary>
    public bool RemoveExtraWhitespaces { get; init; }

    /// <summary>What the unknown token decodes to (SentencePiece: unk_surface).</summary>
    public string UnknownText { get; init; } = " \u2047 ";
}
