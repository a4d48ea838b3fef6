using System;
using System.Collections.Generic;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tokenization;

/// <summary>
/// Byte-pair encoding by a list of merges, as GPT-2 made it and Llama 3, SmolLM and Qwen use it: a text is cut into words, and
/// within each the pair of neighbours that comes first in the list is merged, the leftmost of equals, until none is left. A
/// word of n bytes takes O(n log n) steps the first time; most words are tokens, for which a look-up suffices from then on.
/// </summary>
public sealed class BytePairTokenizer : VocabularyTokenizer
{
    private readonly BytePairOptions _options;
    private readonly MergeTable _merges;
    private readonly bool _isByteLevel;
    private readonly BytePairMerger _words;

    internal BytePairTokenizer(VocabularyBuilder tokens, Func<Vocabulary, MergeTable> merges, BytePairOptions options)
        : base(tokens, new Vocabulary(tokens, unknownText: "", MergeRules.Merges), options, SpacesOf(options))
    {
        _options = options;
        _isByteLevel = options.PreTokenizer != PreTokenizer.SentencePiece;
        RequireToken(tokens.Source, nameof(UnknownId), options.UnknownId);
        _merges = merges(Vocabulary);
        _words = new BytePairMerger(Vocabulary, _merges, options, UnknownId);
        if (UnknownId < 0)
            _words.RequireBytes(tokens.Source);
    }

    /// <inheritdoc/>
    public override int UnknownId => _options.UnknownId >= 0 ? _options.UnknownId : Vocabulary.UnknownId;

    /// <inheritdoc/>
    public override bool DropsLeadingSpaces => false;

    /// <summary>How a text is cut into words.</summary>
    public PreTokenizer PreTokenizer => _options.PreTokenizer;

    /// <summary>A tokenizer from the arrays that a GGUF file holds, or from anywhere else.</summary>
    /// <param name="pieces">
    /// The names of the tokens, in the order of their ids. Those of normal and unused tokens are written as GPT-2 writes bytes, with
    /// U+0120 for a space; for <see cref="PreTokenizer.SentencePiece"/> they are text, with U+2581 for a space.
    /// </param>
    /// <param name="kinds">What they are, one for each.</param>
    /// <param name="merges">The merges in their order, each the names of two tokens with a space between.</param>
    /// <param name="options">What the file says beside them; default: GPT-2's words, and no marks.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="ModelFormatException">
    /// The arrays differ in length or are empty; a kind is unknown; a merge names a token that is not there; BOS, EOS or EOT is not
    /// in the vocabulary; or a byte of UTF-8 has no token, and there is no unknown token.
    /// </exception>
    public static BytePairTokenizer FromMerges(
        IReadOnlyList<string> pieces,
        IReadOnlyList<TokenKind> kinds,
        IReadOnlyList<string> merges,
        BytePairOptions? options = null,
        string source = "vocabulary")
    {
        ArgumentNullException.ThrowIfNull(merges);
        options ??= new BytePairOptions();
        return FromPieces(
            pieces, kinds, _ => default, vocabulary =>
                MergeListReader.Read(vocabulary, merges, options.PreTokenizer != PreTokenizer.SentencePiece, source), options, source);
    }

    /// <summary>A tokenizer from pieces, how those that are known by name are recognized, and merges of any form.</summary>
    internal static BytePairTokenizer FromPieces(
        IReadOnlyList<string> pieces,
        IReadOnlyList<TokenKind> kinds,
        Func<int, AddedTokenFlags> flags,
        Func<Vocabulary, MergeTable> merges,
        BytePairOptions options,
        string source)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(kinds);
        if (!Enum.IsDefined(options.PreTokenizer))
            throw new ArgumentOutOfRangeException(nameof(options), options.PreTokenizer, "There is no such pre-tokenizer.");
        if (kinds.Count != pieces.Count)
            throw new ModelFormatException($"{source}: there are {pieces.Count} pieces, but {kinds.Count} token types.");
        VocabularyBuilder tokens = new(source, pieces.Count);
        for (int i = 0; i < pieces.Count; i++)
            tokens.Add(NameOf(pieces[i], kinds[i], options.PreTokenizer), score: 0, kinds[i], pieces[i], flags(i));
        return new BytePairTokenizer(tokens, merges, options);
    }

    /// <inheritdoc/>
    public override GgufTokenizerMetadata ToGguf() => GgufTokenizer.Describe(this, _options, Added.All, _merges);

    /// <inheritdoc/>
    private protected override string GetPieceName(int token)
    {
        ReadOnlySpan<byte> name = Vocabulary.Name(token);
        if (_isByteLevel && IsText(Vocabulary.Kind(token)))
            return ByteLevel.Encode(name);
        string text = Encoding.UTF8.GetString(name);
        return _isByteLevel ? text : text.Replace(' ', '\u2581');
    }

    /// <inheritdoc/>
    private protected override int FindPiece(ReadOnlySpan<char> name)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(name)];
        if (_isByteLevel)
            return ByteLevel.TryDecode(name, bytes) ? Vocabulary.FindPiece(bytes.AsSpan(0, name.Length)) : -1;
        Encoding.UTF8.GetBytes(name, bytes);
        return Vocabulary.FindByName(Spaces.FromMeta(bytes));
    }

    /// <inheritdoc/>
    private protected override int EncodePieces(ReadOnlySpan<byte> text, Span<int> tokens)
    {
        BytePairMerger.Room room = default;
        try
        {
            int count = 0;
            while (!text.IsEmpty)
            {
                int length = WordScanner.Next(_options.PreTokenizer, text);
                count += _words.Encode(text[..length], ref room, tokens[count..]);
                text = text[length..];
            }
            return count;
        }
        finally
        {
            room.Return();
        }
    }

    private static TextSpaces SpacesOf(BytePairOptions options) =>
        new(options.SpacePrefix, isMeta: options.PreTokenizer == PreTokenizer.SentencePiece, removeExtra: false);

    /// <summary>Kinds whose names are written as bytes are.</summary>
    private static bool IsText(TokenKind kind) => kind is TokenKind.Normal or TokenKind.Unused;

    private static ReadOnlySpan<byte> NameOf(string name, TokenKind kind, PreTokenizer words)
    {
        if (words == PreTokenizer.SentencePiece)
            return Spaces.FromMeta(Encoding.UTF8.GetBytes(name));
        byte[] bytes = new byte[name.Length];
        // What a converter made up to fill a gap may be written in plain text.
        return IsText(kind) && ByteLevel.TryDecode(name, bytes) ? bytes : Encoding.UTF8.GetBytes(name);
    }
}
