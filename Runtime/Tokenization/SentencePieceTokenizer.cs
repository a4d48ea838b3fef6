using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tokenization;

/// <summary>
/// SentencePiece's byte-pair encoding, as Llama 2 uses it: the text's characters are merged pair by pair, the pair with the
/// highest score first and the leftmost of equals, until no two neighbours together are a piece; what is left without a
/// piece is spelled in bytes. A text of n characters takes O(n log n) steps.
/// </summary>
public sealed class SentencePieceTokenizer : VocabularyTokenizer
{
    private readonly SentencePieceOptions _options;

    internal SentencePieceTokenizer(VocabularyBuilder tokens, SentencePieceOptions options, MergeRules rules)
        : base(
            tokens,
            new Vocabulary(tokens, options.UnknownText, rules),
            options,
            new TextSpaces(options.SpacePrefix, isMeta: rules == MergeRules.SentencePiece, options.RemoveExtraWhitespaces)) => _options =
                options;

    /// <summary>A tokenizer from the arrays that a GGUF file holds, or from anywhere else.</summary>
    /// <param name="pieces">The names of the tokens, in the order of their ids, with U+2581 for a space.</param>
    /// <param name="scores">Their merge scores, one for each.</param>
    /// <param name="kinds">What they are, one for each.</param>
    /// <param name="options">What the file says beside them; default: as Llama 2.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="ModelFormatException">
    /// The arrays differ in length or are empty; a score is not finite; a kind is unknown; a byte token's name is not of the
    /// form &lt;0x0A&gt;; BOS, EOS or EOT is not in the vocabulary; or neither an unknown token nor all 256 bytes are.
    /// </exception>
    public static SentencePieceTokenizer FromPieces(
        IReadOnlyList<string> pieces,
        IReadOnlyList<float> scores,
        IReadOnlyList<TokenKind> kinds,
        SentencePieceOptions? options = null,
        string source = "vocabulary")
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(kinds);
        if (scores.Count != pieces.Count)
            throw new ModelFormatException($"{source}: there are {pieces.Count} pieces, but {scores.Count} scores.");
        if (kinds.Count != pieces.Count)
            throw new ModelFormatException($"{source}: there are {pieces.Count} pieces, but {kinds.Count} token types.");
        VocabularyBuilder tokens = new(source, pieces.Count);
        for (int i = 0; i < pieces.Count; i++)
            tokens.Add(Spaces.FromMeta(Encoding.UTF8.GetBytes(pieces[i])), scores[i], kinds[i], pieces[i], FlagsOf(kinds[i]));
        return new SentencePieceTokenizer(tokens, options ?? new SentencePieceOptions(), MergeRules.SentencePiece);
    }

    /// <inheritdoc/>
    public override int UnknownId => Vocabulary.UnknownId;

    /// <inheritdoc/>
    public override bool DropsLeadingSpaces => _options.RemoveExtraWhitespaces;

    /// <inheritdoc/>
    public override GgufTokenizerMetadata ToGguf() => GgufTokenizer.Describe(this, Vocabulary, _options, Added.All);

    /// <summary>Writes the vocabulary as llama2.c's tokenizer.bin, to a stream, which stays open.</summary>
    /// <exception cref="NotSupportedException">Its unknown token, BOS and EOS are not tokens 0, 1 and 2, which is all that the form can
    /// say.</exception>
    public void WriteLlama2c(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        Llama2cTokenizerFile.Write(destination, Vocabulary, _options);
    }

    /// <summary>As SentencePiece has it, user-defined symbols are part of the normalized text.</summary>
    internal static AddedTokenFlags FlagsOf(TokenKind kind) =>
        kind == TokenKind.UserDefined ? AddedTokenFlags.Inline : AddedTokenFlags.None;

    /// <inheritdoc/>
    private protected override string GetPieceName(int token)
    {
        string name = Encoding.UTF8.GetString(Vocabulary.Name(token));
        return Vocabulary.Rules == MergeRules.Llama2c ? name : name.Replace(' ', '\u2581');
    }

    /// <inheritdoc/>
    private protected override int FindPiece(ReadOnlySpan<char> name)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(name)];
        Encoding.UTF8.GetBytes(name, bytes);
        return Vocabulary.FindByName(Vocabulary.Rules == MergeRules.Llama2c ? bytes : Spaces.FromMeta(bytes));
    }

    /// <inheritdoc/>
    private protected override int EncodePieces(ReadOnlySpan<byte> text, Span<int> tokens) =>
        SentencePieceMerger.Encode(Vocabulary, text, tokens);
}
