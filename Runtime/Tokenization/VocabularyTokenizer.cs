using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Unicode;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tokenization;

/// <summary>
/// A tokenizer whose tokens are the pieces of a vocabulary. Tokens that are recognized by their names are cut out of a text first; what
/// lies between is normalized, those that are known by normalized names are cut out of that, and the rest becomes pieces.
/// </summary>
public abstract class VocabularyTokenizer : Tokenizer
{
    private readonly VocabularyOptions _options;
    private readonly AddedTokens _added;
    private readonly TextSpaces _spaces;

    private protected VocabularyTokenizer(VocabularyBuilder tokens, Vocabulary vocabulary, VocabularyOptions options, TextSpaces spaces)
    {
        if (!Enum.IsDefined(options.SpacePrefix))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.SpacePrefix, "There is no such rule for a space before the text.");
        }

        Vocabulary = vocabulary;
        _options = options;
        _spaces = spaces;
        _added = new AddedTokens(tokens.Added, Normalized);
        RequireToken(tokens.Source, nameof(BosId), options.BosId);
        RequireToken(tokens.Source, nameof(EosId), options.EosId);
        RequireToken(tokens.Source, nameof(EotId), options.EotId);
        foreach (int end in options.EndIds)
            RequireToken(tokens.Source, nameof(Ends), end);
        List<int> ends = EndNames.Find([.. tokens.Added.Select(static token => (token.Content, token.Id))], out int turnEnd);
        EotId = options.EotId >= 0 ? options.EotId : turnEnd;
        Ends = new TextEnds([options.BosId, options.EosId, options.EotId, .. options.EndIds, .. ends]);
    }

    /// <inheritdoc/>
    public override int VocabSize => Vocabulary.Count;

    /// <inheritdoc/>
    public override int BosId => _options.BosId;

    /// <inheritdoc/>
    public override int EosId => _options.EosId;

    /// <inheritdoc/>
    public override int EotId { get; }

    /// <inheritdoc/>
    public override TextEnds Ends { get; }

    /// <inheritdoc/>
    public override bool AddBos => _options.AddBos && _options.BosId >= 0;

    /// <inheritdoc/>
    public override bool AddEos => _options.AddEos && _options.EosId >= 0;

    /// <inheritdoc/>
    public override bool AddsLeadingSpace => _options.SpacePrefix != SpacePrefix.None;

    private protected Vocabulary Vocabulary { get; }

    private protected AddedTokens Added => _added;

    /// <inheritdoc/>
    public override TokenKind GetKind(int token)
    {
        RequireToken(token);
        return Vocabulary.Kind(token);
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> GetPiece(int token)
    {
        RequireToken(token);
        return Vocabulary.Text(token);
    }

    /// <inheritdoc/>
    public override string GetName(int token)
    {
        RequireToken(token);
        return _added.NameOf(token) ?? GetPieceName(token);
    }

    /// <inheritdoc/>
    public override bool TryGetId(ReadOnlySpan<char> name, out int token)
    {
        token = _added.Find(name);
        if (token < 0)
            token = FindPiece(name);
        return token >= 0;
    }

    /// <summary>The vocabulary as the metadata of a GGUF file hold it, for writing one.</summary>
    public abstract GgufTokenizerMetadata ToGguf();

    /// <summary>What a piece of text is called.</summary>
    private protected abstract string GetPieceName(int token);

    /// <summary>The piece or byte of a name, or -1.</summary>
    private protected abstract int FindPiece(ReadOnlySpan<char> name);

    /// <summary>Encodes a normalized text without tokens that are known by name.</summary>
    /// <param name="text">Well-formed UTF-8, not empty.</param>
    /// <param name="tokens">Room for a token of each byte.</param>
    private protected abstract int EncodePieces(ReadOnlySpan<byte> text, Span<int> tokens);

    /// <inheritdoc/>
    protected sealed override int EncodeText(ReadOnlySpan<char> text, bool parseSpecial, Span<int> tokens) =>
        EncodeText(text, parseSpecial, [], tokens);

    /// <inheritdoc/>
    private protected sealed override int EncodeText(ReadOnlySpan<char> text, ReadOnlySpan<int> literal, Span<int> tokens) =>
        EncodeText(text, parseSpecial: true, literal, tokens);

    private int EncodeText(ReadOnlySpan<char> text, bool parseSpecial, ReadOnlySpan<int> literal, Span<int> tokens)
    {
        int count = 0;
        TokenSplit split = new(_added.InText(parseSpecial), text, literal, spacesAreText: false);
        while (split.MoveNext())
        {
            if (split.Token >= 0)
            {
                tokens[count++] = split.Token;
                continue;
            }
            // Where characters come from is not known once they are normalized.
            bool parses = parseSpecial && !LiteralText.Overlaps(literal, split.Start, split.Start + split.Stretch.Length);
            count += EncodeStretch(split.Stretch, atStart: split.Start == 0, parses, tokens[count..]);
        }
        return count;
    }

    private int EncodeStretch(ReadOnlySpan<char> text, bool atStart, bool parseSpecial, Span<int> tokens)
    {
        char[]? composed = null, spaced = null;
        try
        {
            if (_options.Nfc)
                text = NormalizationFormC.Apply(text, ref composed);
            if (_spaces.ComeFirst)
                text = _spaces.Apply(text, atStart, ref spaced);
            int count = 0;
            TokenSplit split = new(_added.InNormalized(parseSpecial), text, literal: [], _spaces.AreText);
            while (split.MoveNext())
            {
                if (split.Token >= 0)
                {
                    tokens[count++] = split.Token;
                    continue;
                }
                ReadOnlySpan<char> stretch =
                    _spaces.ComeFirst ? split.Stretch : _spaces.Apply(split.Stretch, atStart && split.Start == 0, ref spaced);
                count += EncodeNormalized(stretch, tokens[count..]);
            }
            return count;
        }
        finally
        {
            if (composed is not null)
                ArrayPool<char>.Shared.Return(composed);
            if (spaced is not null)
                ArrayPool<char>.Shared.Return(spaced);
        }
    }

    private int EncodeNormalized(ReadOnlySpan<char> text, Span<int> tokens)
    {
        // Of nothing but spaces, nothing may be left.
        if (text.IsEmpty)
            return 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            Utf8.FromUtf16(text, buffer, out _, out int length, replaceInvalidSequences: true);
            return EncodePieces(buffer.AsSpan(0, length), tokens);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// What a token is called in normalized text: what normalization makes of its name, a space in front included where that is put there
    /// while normalizing; or just the name.
    /// </summary>
    private string Normalized(AddedToken token)
    {
        char[]? buffer = null;
        string name = token.Content;
        if ((token.Flags & AddedTokenFlags.Inline) != 0)
            return _spaces.FromMeta(name);
        if (_options.Nfc)
            name = NormalizationFormC.Apply(name, ref buffer).ToString();
        buffer = null;
        return name.Length == 0 || !_spaces.ComeFirst ? name : _spaces.Apply(name, atStart: true, ref buffer).ToString();
    }

    private protected void RequireToken(int token)
    {
        if ((uint)token >= (uint)Vocabulary.Count)
            throw new ArgumentOutOfRangeException(nameof(token), token, $"The vocabulary has {Vocabulary.Count} tokens.");
    }

    private protected void RequireToken(string source, string property, int token)
    {
        if (token < -1 || token >= Vocabulary.Count)
            throw new ModelFormatException($"{source}: {property} = {token}, but there are {Vocabulary.Count} tokens.");
    }
}
