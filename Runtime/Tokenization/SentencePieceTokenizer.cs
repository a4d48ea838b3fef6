using System;
using System.Buffers;
using System.Collections.Generic;
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
public sealed class SentencePieceTokenizer : Tokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly SentencePieceOptions _options;

    internal SentencePieceTokenizer(VocabularyBuilder tokens, SentencePieceOptions options, MergeRules rules)
    {
        _vocabulary = new Vocabulary(tokens, options.UnknownText, rules);
        _options = options;
        RequireToken(nameof(SentencePieceOptions.BosId), options.BosId);
        RequireToken(nameof(SentencePieceOptions.EosId), options.EosId);
        RequireToken(nameof(SentencePieceOptions.EotId), options.EotId);

        void RequireToken(string property, int token)
        {
            if (token < -1 || token >= tokens.Count)
                throw new ModelFormatException($"{tokens.Source}: {property} = {token}, but there are {tokens.Count} tokens.");
        }
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
    public override int VocabSize => _vocabulary.Count;

    /// <inheritdoc/>
    public override int BosId => _options.BosId;

    /// <inheritdoc/>
    public override int EosId => _options.EosId;

    /// <inheritdoc/>
    public override int EotId => _options.EotId;

    /// <inheritdoc/>
    public override int UnknownId => _vocabulary.UnknownId;

    /// <inheritdoc/>
    public override bool AddBos => _options.AddBos && _options.BosId >= 0;

    /// <inheritdoc/>
    public override bool AddEos => _options.AddEos && _options.EosId >= 0;

    /// <inheritdoc/>
    public override bool AddsLeadingSpace => _options.AddSpacePrefix;

    /// <inheritdoc/>
    public override bool DropsLeadingSpaces => _options.RemoveExtraWhitespaces;

    /// <inheritdoc/>
    public override TokenKind GetKind(int token)
    {
        RequireToken(token);
        return _vocabulary.Kind(token);
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> GetPiece(int token)
    {
        RequireToken(token);
        return _vocabulary.Text(token);
    }

    /// <inheritdoc/>
    public override bool TryGetId(ReadOnlySpan<char> name, out int token)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(name)];
        Encoding.UTF8.GetBytes(name, bytes);
        token = _vocabulary.FindByName(_vocabulary.Rules == MergeRules.Llama2c ? bytes : Spaces.FromMeta(bytes));
        return token >= 0;
    }

    /// <summary>The vocabulary as the metadata of a GGUF file hold it, for writing one.</summary>
    public GgufTokenizerMetadata ToGguf() => GgufTokenizer.Describe(_vocabulary, _options);

    /// <inheritdoc/>
    protected override int EncodeText(ReadOnlySpan<char> text, Span<int> tokens)
    {
        if (text.IsEmpty)
            return 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxTokens(text.Length));
        try
        {
            return BytePairMerger.Encode(_vocabulary, Normalize(text, buffer), tokens);
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
        if (_vocabulary.Rules == MergeRules.SentencePiece)
            body = Spaces.FromMeta(body);
        ReadOnlySpan<byte> normalized = buffer.AsSpan(0, start + body.Length);
        return _options.RemoveExtraWhitespaces ? normalized.TrimEnd((byte)' ') : normalized;
    }

    private void RequireToken(int token)
    {
        if ((uint)token >= (uint)_vocabulary.Count)
            throw new ArgumentOutOfRangeException(nameof(token), token, $"The vocabulary has {_vocabulary.Count} tokens.");
    }
}
