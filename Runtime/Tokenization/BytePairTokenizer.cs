using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Unicode;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

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

    /// <summary>The piece of each byte of a byte-level vocabulary, or -1.</summary>
    private readonly int[] _byteIds = new int[256];

    /// <summary>Of each piece, whether its own text is encoded to it, as far as that was found out. Threads that race write the same.</summary>
    private readonly Whole[] _whole;

    internal BytePairTokenizer(VocabularyBuilder tokens, IReadOnlyList<string> merges, BytePairOptions options)
        : base(new Vocabulary(tokens, unknownText: null, MergeRules.Merges))
    {
        _options = options;
        _isByteLevel = options.PreTokenizer != PreTokenizer.SentencePiece;
        _whole = new Whole[Vocabulary.Count];
        RequireMarks(tokens.Source, options.BosId, options.EosId, options.EotId, options.UnknownId);
        for (int b = 0; b < _byteIds.Length; b++)
            _byteIds[b] = Vocabulary.FindPiece([(byte)b]);
        if (_isByteLevel && UnknownId < 0)
            RequireBytes(tokens.Source);
        _merges = ReadMerges(tokens.Source, merges);
        if (Vocabulary.UserDefinedLengths.Length > 0)
            _userDefined = new NamedTokens(Enumerable.Range(0, Vocabulary.Count)
                .Where(id => Vocabulary.Kind(id) == TokenKind.UserDefined)
                .Select(id => (Encoding.UTF8.GetString(Vocabulary.Name(id)), id)));
    }

    /// <summary>What is known of whether a piece's text is encoded to that piece.</summary>
    private enum Whole : byte
    {
        Unknown,
        Yes,
        No,
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
        MergeRoom room = default;
        try
        {
            ReadOnlySpan<byte> rest = Normalize(text, atStart, buffer);
            int count = 0;
            while (!rest.IsEmpty)
            {
                int length = WordScanner.Next(_options.PreTokenizer, rest);
                count += EncodeWord(rest[..length], ref room, tokens[count..]);
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

    private int EncodeWord(ReadOnlySpan<byte> word, ref MergeRoom room, Span<int> tokens)
    {
        int piece = Vocabulary.FindPiece(word);
        if (piece < 0)
            return Merge(word, ref room, tokens);
        if (_whole[piece] == Whole.Unknown)
        {
            bool whole = _options.IgnoreMerges && Vocabulary.Kind(piece) == TokenKind.Normal;
            if (!whole)
                whole = Merge(word, ref room, tokens) == 1 && tokens[0] == piece;
            _whole[piece] = whole ? Whole.Yes : Whole.No;
        }
        if (_whole[piece] == Whole.No)
            return Merge(word, ref room, tokens);
        tokens[0] = piece;
        return 1;
    }

    private int Merge(ReadOnlySpan<byte> word, ref MergeRoom room, Span<int> tokens)
    {
        Span<MergeSymbol> symbols = room.Symbols(word.Length);
        symbols = symbols[..(_isByteLevel ? SplitIntoBytes(word, symbols) : SplitIntoCharacters(word, symbols))];
        RankedPairs pairs = new(_merges);
        MergeLoop.Run(symbols, ref room.Heap, ref pairs);

        int count = 0;
        bool afterUnknown = false;
        for (int i = 0; i >= 0; i = symbols[i].Next)
        {
            int piece = symbols[i].Piece;
            // A run of unknown characters is one unknown token.
            if (piece != MergeSymbol.NoPiece || !afterUnknown)
                tokens[count++] = piece == MergeSymbol.NoPiece ? UnknownId : piece;
            afterUnknown = piece == MergeSymbol.NoPiece;
        }
        return count;
    }

    private int SplitIntoBytes(ReadOnlySpan<byte> word, Span<MergeSymbol> symbols)
    {
        for (int i = 0; i < word.Length; i++)
            symbols[i] = Symbol(i, start: i, length: 1, _byteIds[word[i]]);
        symbols[word.Length - 1].Next = -1;
        return word.Length;
    }

    private int SplitIntoCharacters(ReadOnlySpan<byte> word, Span<MergeSymbol> symbols)
    {
        int count = 0;
        for (int start = 0; start < word.Length;)
        {
            Rune.DecodeFromUtf8(word[start..], out _, out int length);
            int piece = Vocabulary.FindPiece(word.Slice(start, length));
            if (piece >= 0 || !Vocabulary.HasBytes)
            {
                symbols[count] = Symbol(count, start, length, piece);
                count++;
                start += length;
                continue;
            }
            for (int end = start + length; start < end; start++, count++)
                symbols[count] = Symbol(count, start, length: 1, Vocabulary.ByteId(word[start]));
        }
        symbols[count - 1].Next = -1;
        return count;
    }

    private static MergeSymbol Symbol(int index, int start, int length, int piece) => new()
    {
        Start = start,
        Length = length,
        Previous = index - 1,
        Next = index + 1,
        Piece = piece,
        IsWhole = piece == MergeSymbol.NoPiece,
    };

    private MergeTable ReadMerges(string source, IReadOnlyList<string> merges)
    {
        MergeTable table = new(merges.Count);
        byte[] both = new byte[256];
        for (int i = 0; i < merges.Count; i++)
        {
            ReadOnlySpan<char> merge = merges[i];
            // A space within a name would be written otherwise, so the first one after the first character is the border.
            int border = merge.Length < 3 ? -1 : merge[1..^1].IndexOf(' ') + 1;
            if (border < 1)
                throw new ModelFormatException($"{source}: merge {i} is '{Shown.Text(merges[i])}', not two pieces with a space between.");
            if (both.Length < 3 * merge.Length)
                both = new byte[6 * merge.Length];
            int left = Bytes(merge[..border], both);
            int right = Bytes(merge[(border + 1)..], both.AsSpan(Math.Max(left, 0)));
            if (left < 0 || right < 0)
                throw new ModelFormatException($"{source}: merge {i} is '{Shown.Text(merges[i])}', but some of its characters stand for no byte.");
            if (!TryFind(both.AsSpan(0, left), out int first))
                throw Missing(i, merge[..border].ToString());
            if (!TryFind(both.AsSpan(left, right), out int second))
                throw Missing(i, merge[(border + 1)..].ToString());
            if (!TryFind(both.AsSpan(0, left + right), out int piece))
                throw Missing(i, string.Concat(merge[..border], merge[(border + 1)..]));

            // Text does not become a mark, whatever a list of merges says.
            if (first >= 0 && second >= 0 && piece >= 0)
                table.Add(first, second, piece, (uint)i);
        }
        return table;

        int Bytes(ReadOnlySpan<char> name, Span<byte> bytes)
        {
            if (_isByteLevel)
                return ByteLevel.TryDecode(name, bytes) ? name.Length : -1;
            return Spaces.FromMeta(bytes[..Encoding.UTF8.GetBytes(name, bytes)]).Length;
        }

        // A mark is found, too, though as no piece.
        bool TryFind(ReadOnlySpan<byte> text, out int piece)
        {
            piece = Vocabulary.FindPiece(text);
            return piece >= 0 || Vocabulary.FindByName(text) >= 0;
        }

        ModelFormatException Missing(int merge, string name) =>
            new($"{source}: merge {merge} is '{Shown.Text(merges[merge])}', but the vocabulary has no token '{Shown.Text(name)}'.");
    }

    /// <summary>Makes sure that every byte which occurs in UTF-8 has a token.</summary>
    private void RequireBytes(string source)
    {
        for (int b = 0; b < _byteIds.Length; b++)
        {
            if (_byteIds[b] < 0 && b is not (0xC0 or 0xC1 or >= 0xF5))
                throw new ModelFormatException($"{source}: the vocabulary has neither a token for the byte 0x{b:X2} nor an unknown token.");
        }
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

    /// <summary>Two neighbours can be merged where the list says so.</summary>
    private readonly struct RankedPairs(MergeTable merges) : IMergePairs
    {
        public bool TryMerge(in MergeSymbol left, in MergeSymbol right, out uint rank, out int piece) =>
            merges.TryFind(left.Piece, right.Piece, out rank, out piece);
    }

    /// <summary>Rented arrays that the words of a text are merged in, one after the other.</summary>
    private struct MergeRoom
    {
        private MergeSymbol[]? _symbols;

        /// <summary>Empty between words.</summary>
        public MergeHeap Heap;

        public Span<MergeSymbol> Symbols(int count)
        {
            if (_symbols is null)
                Heap = new MergeHeap(Math.Max(count, 64));
            else if (_symbols.Length < count)
                ArrayPool<MergeSymbol>.Shared.Return(_symbols);
            if (_symbols is null || _symbols.Length < count)
                _symbols = ArrayPool<MergeSymbol>.Shared.Rent(Math.Max(count, 64));
            return _symbols;
        }

        public void Return()
        {
            if (_symbols is null)
                return;
            Heap.Return();
            ArrayPool<MergeSymbol>.Shared.Return(_symbols);
        }
    }
}
