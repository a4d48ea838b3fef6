using System;
using System.Buffers;
using System.Text;
using Llamalith.Contracts;

namespace Llamalith.Tokenization;

/// <summary>
/// Merges the bytes or characters of one word by a list of pairs. Most words are tokens: whether merging really makes that token of them is
/// found out once and remembered.
/// </summary>
/// <param name="vocabulary">The tokens.</param>
/// <param name="merges">The pairs.</param>
/// <param name="options">Whether a word begins as bytes or as characters, and what becomes of what has no token.</param>
/// <param name="unknownId">What stands for characters that the vocabulary does not know, or -1.</param>
internal sealed class BytePairMerger(Vocabulary vocabulary, MergeTable merges, BytePairOptions options, int unknownId)
{
    private readonly bool _isByteLevel = options.PreTokenizer != PreTokenizer.SentencePiece;

    /// <summary>The piece of each byte of a byte-level vocabulary, or -1.</summary>
    private readonly int[] _byteIds = FindBytes(vocabulary);

    /// <summary>
    /// Of each piece, whether its own text is encoded to it, as far as that was found out. Threads that race write the same.
    /// </summary>
    private readonly Whole[] _whole = new Whole[vocabulary.Count];

    /// <summary>What is known of whether a piece's text is encoded to that piece.</summary>
    private enum Whole : byte
    {
        Unknown,
        Yes,
        No,
    }

    /// <summary>Makes sure that every byte which occurs in UTF-8 has a token.</summary>
    public void RequireBytes(string source)
    {
        for (int b = 0; b < _byteIds.Length; b++)
        {
            int id = _isByteLevel ? _byteIds[b] : vocabulary.ByteId((byte)b);
            if (id < 0 && b is not (0xC0 or 0xC1 or >= 0xF5))
                throw new ModelFormatException($"{source}: the vocabulary has neither a token for the byte 0x{b:X2} nor an unknown token.");
        }
    }

    /// <summary>The tokens of one word.</summary>
    /// <param name="word">UTF-8, not empty.</param>
    /// <param name="room">Where words are merged, one after the other.</param>
    /// <param name="tokens">Room for a token of each byte.</param>
    /// <returns>Number of tokens.</returns>
    public int Encode(ReadOnlySpan<byte> word, ref Room room, Span<int> tokens)
    {
        int piece = vocabulary.FindPiece(word);
        if (piece < 0)
            return Merge(word, ref room, tokens);
        if (_whole[piece] == Whole.Unknown)
        {
            bool whole = options.IgnoreMerges && vocabulary.Kind(piece) == TokenKind.Normal;
            if (!whole)
                whole = Merge(word, ref room, tokens) == 1 && tokens[0] == piece;
            _whole[piece] = whole ? Whole.Yes : Whole.No;
        }
        if (_whole[piece] == Whole.No)
            return Merge(word, ref room, tokens);
        tokens[0] = piece;
        return 1;
    }

    private int Merge(ReadOnlySpan<byte> word, ref Room room, Span<int> tokens)
    {
        Span<MergeSymbol> symbols = room.Symbols(word.Length);
        symbols = symbols[..(_isByteLevel ? SplitIntoBytes(word, symbols) : SplitIntoCharacters(word, symbols))];
        RankedPairs pairs = new(merges);
        MergeLoop.Run(symbols, ref room.Heap, ref pairs);

        int count = 0;
        bool afterUnknown = false;
        for (int i = 0; i >= 0; i = symbols[i].Next)
        {
            int piece = symbols[i].Piece;
            if (piece != MergeSymbol.NoPiece || !afterUnknown || !options.FuseUnknown)
                tokens[count++] = piece == MergeSymbol.NoPiece ? unknownId : piece;
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
            int piece = vocabulary.FindPiece(word.Slice(start, length));
            if (piece >= 0 || !vocabulary.HasBytesOf(word.Slice(start, length)))
            {
                symbols[count] = Symbol(count, start, length, piece);
                count++;
                start += length;
                continue;
            }
            for (int end = start + length; start < end; start++, count++)
                symbols[count] = Symbol(count, start, length: 1, vocabulary.ByteId(word[start]));
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

    private static int[] FindBytes(Vocabulary vocabulary)
    {
        int[] ids = new int[256];
        for (int b = 0; b < ids.Length; b++)
            ids[b] = vocabulary.FindPiece([(byte)b]);
        return ids;
    }

    /// <summary>Two neighbours can be merged where the list says so.</summary>
    private readonly struct RankedPairs(MergeTable merges) : IMergePairs
    {
        public bool TryMerge(in MergeSymbol left, in MergeSymbol right, out uint rank, out int piece) =>
            merges.TryFind(left.Piece, right.Piece, out rank, out piece);
    }

    /// <summary>Rented arrays that the words of a text are merged in, one after the other.</summary>
    public struct Room
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
