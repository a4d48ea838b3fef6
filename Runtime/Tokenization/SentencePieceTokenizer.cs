using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Unicode;
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
        : base(new Vocabulary(tokens, options.UnknownText, rules))
    {
        _options = options;
        RequireMarks(tokens.Source, options.BosId, options.EosId, options.EotId, unknown: -1);
    }

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
            tokens.Add(Spaces.FromMeta(Encoding.UTF8.GetBytes(pieces[i])), scores[i], kinds[i]);
        return new SentencePieceTokenizer(tokens, options ?? new SentencePieceOptions(), MergeRules.SentencePiece);
    }

    /// <inheritdoc/>
    public override int BosId => _options.BosId;

    /// <inheritdoc/>
    public override int EosId => _options.EosId;

    /// <inheritdoc/>
    public override int EotId => _options.EotId;

    /// <inheritdoc/>
    public override int UnknownId => Vocabulary.UnknownId;

    /// <inheritdoc/>
    public override bool AddBos => _options.AddBos && _options.BosId >= 0;

    /// <inheritdoc/>
    public override bool AddEos => _options.AddEos && _options.EosId >= 0;

    /// <inheritdoc/>
    public override bool AddsLeadingSpace => _options.AddSpacePrefix;

    /// <inheritdoc/>
    public override bool DropsLeadingSpaces => _options.RemoveExtraWhitespaces;

    /// <inheritdoc/>
    public override string GetName(int token)
    {
        RequireToken(token);
        string name = Encoding.UTF8.GetString(Vocabulary.Name(token));
        if (Vocabulary.Rules != MergeRules.Llama2c)
            return name.Replace(' ', '\u2581');
        // llama2.c calls its marks by what it prints for them, a line of their own.
        return Vocabulary.Kind(token) == TokenKind.Control ? name.Trim('\n') : name;
    }

    /// <inheritdoc/>
    public override bool TryGetId(ReadOnlySpan<char> name, out int token)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(name)];
        Encoding.UTF8.GetBytes(name, bytes);
        token = Vocabulary.FindByName(Vocabulary.Rules == MergeRules.Llama2c ? bytes : Spaces.FromMeta(bytes));
        return token >= 0;
    }

    /// <inheritdoc/>
    public override GgufTokenizerMetadata ToGguf() => GgufTokenizer.Describe(Vocabulary, _options);

    /// <summary>Writes the vocabulary as llama2.c's tokenizer.bin, to a stream, which stays open.</summary>
    /// <exception cref="NotSupportedException">Its unknown token, BOS and EOS are not tokens 0, 1 and 2, which is all that the form can say.</exception>
    public void WriteLlama2c(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        Llama2cTokenizerFile.Write(destination, Vocabulary, _options);
    }

    /// <inheritdoc/>
    protected override int EncodeText(ReadOnlySpan<char> text, bool atStart, Span<int> tokens)
    {
        if (text.IsEmpty)
            return 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxTokens(text.Length));
        try
        {
            return SentencePieceMerger.Encode(Vocabulary, Normalize(text, buffer), tokens);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The text as UTF-8, with the spaces that the vocabulary wants.</summary>
    private ReadOnlySpan<byte> Normalize(ReadOnlySpan<char> text, byte[] buffer)
    {
        if (_options.RemoveExtraWhitespaces)
        {
            text = text.TrimStart(' ');
            if (text.IsEmpty)
                return [];
        }
        int start = 0;
        if (_options.AddSpacePrefix)
            buffer[start++] = (byte)' ';
        Utf8.FromUtf16(text, buffer.AsSpan(start), out _, out int length, replaceInvalidSequences: true);
        Span<byte> body = buffer.AsSpan(start, length);
        if (_options.RemoveExtraWhitespaces)
            body = Spaces.Collapse(body);
        if (Vocabulary.Rules == MergeRules.SentencePiece)
            body = Spaces.FromMeta(body);
        ReadOnlySpan<byte> normalized = buffer.AsSpan(0, start + body.Length);
        return _options.RemoveExtraWhitespaces ? normalized.TrimEnd((byte)' ') : normalized;
    }
}
