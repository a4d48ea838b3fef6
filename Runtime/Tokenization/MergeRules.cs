namespace Llamalith.Tokenization;

/// <summary>Whose rules of encoding are followed.</summary>
internal enum MergeRules
{
    /// <summary>
    /// SentencePiece itself: text never becomes a control or byte token by its name, and a character without a piece can
    /// still be merged into one that holds it.
    /// </summary>
    SentencePiece,

    /// <summary>
    /// llama2.c: any token's name counts, a character without a piece is split into bytes at once, and scores of -1e10 and
    /// below never merge. U+2581 is a character like any other.
    /// </summary>
    Llama2c,

    /// <summary>
    /// Byte-pair encoding by a list of merges: two pieces become a third because the list says so, in the list's order, not because
    /// the third has their text.
    /// </summary>
    Merges,
}
