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
/// Byte-pair encoding by a list of merges, as GPT-2 made it and Llama 3, SmolLM and Qwen use it: a text is cut into words, and
/// within each the pair of neighbours that comes first in the list is merged, the leftmost of equals, until none is left. A
/// word of n bytes takes O(n log n) steps the first time; most words are tokens, for which a look-up suffices from then on.
/// Text is taken as it is: no Unicode normalization.
/// </summary>
public sealed class BytePairTokenizer : VocabularyTokenizer
{
    private readonly BytePairOptions _options;
    private readonly MergeTable _merges;
    private readonly NamedTokens? _userDefined;
    private readonly bool _isByteLevel;
    private readonly BytePairMerger _words;

    internal BytePairTokenizer(VocabularyBuilder tokens, IReadOnlyList<string> merges, BytePairOptions options)
        : base(new Vocabulary(tokens, unknownText: null, MergeRules.Merges))
    {
        _options = options;
        _isByteLevel = options.PreTokenizer != PreTokenizer.SentencePiece;
        RequireMarks(tokens.Source, options.BosId, options.EosId, options.EotId, options.UnknownId);
        _merges = MergeListReader.Read(Vocabulary, merges, _isByteLevel, tokens.Source);
        _words = new BytePairMerger(Vocabulary, _merges, _isByteLevel, options.IgnoreMerges, UnknownId);
        if (_isByteLevel && UnknownId < 0)
            _words.RequireBytes(tokens.Source);
        if (Vocabulary.UserDefinedLengths.Length > 0)
            _userDefined = new NamedTokens(Enumerable.Range(0, Vocabulary.Count)
                .Where(id => Vocabulary.Kind(id) == TokenKind.UserDefined)
                .Select(id => (Encoding.UTF8.GetString(Vocabulary.Name(id)), id)));
    }

    /// <inheritdoc/>
    public override int BosId => _options.BosId;

    /// <inheritdoc/>
    public override int EosId => _options.EosId;

    /// <inheritdoc/>
    public override int EotId => _options.EotId;

    /// <inheritdoc/>
    public override int UnknownId => _options.UnknownId >= 0 ? _options.UnknownId : Vocabulary.UnknownId;

    /// <inheritdoc/>
    public override bool AddBos => _options.AddBos && _options.BosId >= 0;

    /// <inheritdoc/>
    public override bool AddEos => _options.AddEos && _options.EosId >= 0;

    /// <inheritdoc/>
    public override bool AddsLeadingSpace => _options.SpacePrefix != SpacePrefix.None;

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
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(kinds);
        ArgumentNullException.ThrowIfNull(merges);
        options ??= new BytePairOptions();
        if (!Enum.IsDefined(options.PreTokenizer))
            throw new ArgumentOutOfRangeException(nameof(options), options.PreTokenizer, "There is no such pre-tokenizer.");
        if (!Enum.IsDefined(options.SpacePrefix))
            throw new ArgumentOutOfRangeException(nameof(options), options.SpacePrefix, "There is no such rule for a space before the text.");
        if (kinds.Count != pieces.Count)
            throw new ModelFormatException($"{source}: there are {pieces.Count} pieces, but {kinds.Count} token types.");
        VocabularyBuilder tokens = new(source, pieces.Count);
        for (int i = 0; i < pieces.Count; i++)
            tokens.Add(NameOf(pieces[i], kinds[i], options.PreTokenizer), score: 0, kinds[i]);
        return new BytePairTokenizer(tokens, merges, options);
    }

    /// <inheritdoc/>
    public override string GetName(int token)
    {
        RequireToken(token);
        ReadOnlySpan<byte> name = Vocabulary.Name(token);
        if (!_isByteLevel)
            return Encoding.UTF8.GetString(name).Replace(' ', '\u2581');
        return IsText(Vocabulary.Kind(token)) ? ByteLevel.Encode(name) : Encoding.UTF8.GetString(name);
    }

    /// <inheritdoc/>
    public override bool TryGetId(ReadOnlySpan<char> name, out int token)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(name)];
        int length = Encoding.UTF8.GetBytes(name, bytes);
        token = Vocabulary.FindByName(_isByteLevel ? bytes.AsSpan(0, length) : Spaces.FromMeta(bytes));
        if (!_isByteLevel || (token >= 0 && !IsText(Vocabulary.Kind(token))))
            return token >= 0;
        token = ByteLevel.TryDecode(name, bytes) ? Vocabulary.FindPiece(bytes.AsSpan(0, name.Length)) : -1;
        return token >= 0;
    }

    /// <inheritdoc/>
    public override GgufTokenizerMetadata ToGguf() => GgufTokenizer.Describe(this, _options, _merges);

    /// <inheritdoc/>
    protected override int EncodeText(ReadOnlySpan<char> text, bool atStart, Span<int> tokens)
    {
        if (_userDefined is null)
            return EncodeStretch(text, atStart, tokens);
        int count = 0;
        while (true)
        {
            bool found = _userDefined.TryFind(text, out int at, out int length, out int token);
            count += EncodeStretch(text[..at], atStart, tokens[count..]);
            if (!found)
                return count;
            tokens[count++] = token;
            text = text[(at + length)..];
            atStart = false;
        }
    }

    /// <summary>Encodes text without user-defined tokens in it.</summary>
    private int EncodeStretch(ReadOnlySpan<char> text, bool atStart, Span<int> tokens)
    {
        if (text.IsEmpty)
            return 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxTokens(text.Length));
        BytePairMerger.Room room = default;
        try
        {
            ReadOnlySpan<byte> rest = Normalize(text, atStart, buffer);
            int count = 0;
            while (!rest.IsEmpty)
            {
                int length = WordScanner.Next(_options.PreTokenizer, rest);
                count += _words.Encode(rest[..length], ref room, tokens[count..]);
                rest = rest[length..];
            }
            return count;
        }
        finally
        {
            room.Return();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The text as UTF-8, with the spaces that the vocabulary wants.</summary>
    private ReadOnlySpan<byte> Normalize(ReadOnlySpan<char> text, bool atStart, byte[] buffer)
    {
        bool isSpaced = text[0] == ' ' || (!_isByteLevel && text[0] == '\u2581');
        bool prefixed = _options.SpacePrefix switch
        {
            SpacePrefix.Always => true,
            SpacePrefix.WhenMissing => !isSpaced,
            SpacePrefix.WhenMissingAtStart => !isSpaced && atStart,
            _ => false,
        };
        int start = 0;
        if (prefixed)
            buffer[start++] = (byte)' ';
        Utf8.FromUtf16(text, buffer.AsSpan(start), out _, out int length, replaceInvalidSequences: true);
        Span<byte> normalized = buffer.AsSpan(0, start + length);
        return _isByteLevel ? normalized : Spaces.FromMeta(normalized);
    }

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
