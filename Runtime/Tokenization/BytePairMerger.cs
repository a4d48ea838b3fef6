using System;
using System.Buffers;
using System.Collections.Generic;

namespace Llamalith.Tokenization;

/// <summary>
/// The merging itself. The text is a linked list of symbols, first its characters; the pairs of neighbours that are pieces
/// wait in a heap, best first. A merged pair leaves entries of the heap behind that no longer hold; they are known by the
/// length of their text, which only grows, and are dropped when they come up.
/// </summary>
internal static class BytePairMerger
{
    private const int NoPiece = -1;

    /// <summary>Encodes a normalized text.</summary>
    /// <param name="vocabulary">Its pieces.</param>
    /// <param name="text">Well-formed UTF-8.</param>
    /// <param name="tokens">Room for one token a byte.</param>
    /// <returns>Number of tokens.</returns>
    public static int Encode(Vocabulary vocabulary, ReadOnlySpan<byte> text, Span<int> tokens)
    {
        if (text.IsEmpty)
            return 0;
        Symbol[] rented = ArrayPool<Symbol>.Shared.Rent(text.Length);
        MergeHeap heap = new(text.Length);
        try
        {
            Span<Symbol> symbols = rented.AsSpan(0, Split(vocabulary, text, rented));
            Dictionary<int, Parts>? unused = vocabulary.HasUnused ? [] : null;
            Merge(vocabulary, text, symbols, ref heap, unused);
            return Write(vocabulary, text, symbols, unused, tokens);
        }
        finally
        {
            heap.Return();
            ArrayPool<Symbol>.Shared.Return(rented);
        }
    }

    /// <summary>Cuts a text into characters and user-defined pieces.</summary>
    private static int Split(Vocabulary vocabulary, ReadOnlySpan<byte> text, Span<Symbol> symbols)
    {
        int count = 0;
        for (int start = 0; start < text.Length;)
        {
            int piece = FindUserDefined(vocabulary, text[start..], out int length);
            bool whole = piece != NoPiece;
            if (!whole)
            {
                length = LengthOfCharacter(text[start]);
                piece = vocabulary.FindPiece(text.Slice(start, length));
                whole = piece == NoPiece && vocabulary.Rules == MergeRules.Llama2c;
            }
            symbols[count] = new Symbol { Start = start, Length = length, Previous = count - 1, Next = count + 1, Piece = piece, IsWhole = whole };
            start += length;
            count++;
        }
        symbols[count - 1].Next = -1;
        return count;
    }

    private static int FindUserDefined(Vocabulary vocabulary, ReadOnlySpan<byte> text, out int length)
    {
        foreach (int candidate in vocabulary.UserDefinedLengths)
        {
            if (candidate > text.Length)
                continue;
            int id = vocabulary.FindPiece(text[..candidate]);
            if (id != NoPiece && vocabulary.Kind(id) == TokenKind.UserDefined)
            {
                length = candidate;
                return id;
            }
        }
        length = 0;
        return NoPiece;
    }

    private static int LengthOfCharacter(byte lead) => lead switch
    {
        < 0xC0 => 1,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    };

    private static void Merge(Vocabulary vocabulary, ReadOnlySpan<byte> text, Span<Symbol> symbols, ref MergeHeap heap, Dictionary<int, Parts>? unused)
    {
        for (int right = 1; right < symbols.Length; right++)
            if (TryPair(vocabulary, text, symbols, right - 1, right, unused, out MergeHeap.Entry entry))
                heap.AddUnordered(entry);
        heap.Order();

        while (heap.TryTake(out MergeHeap.Entry best))
        {
            ref Symbol left = ref symbols[best.Left];
            ref Symbol right = ref symbols[best.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != best.Length)
                continue;
            left.Length = best.Length;
            left.Piece = best.Piece;
            left.Next = right.Next;
            right.Length = 0;
            if (left.Previous >= 0 && TryPair(vocabulary, text, symbols, left.Previous, best.Left, unused, out MergeHeap.Entry before))
                heap.Add(before);
            if (left.Next < 0)
                continue;
            symbols[left.Next].Previous = best.Left;
            if (TryPair(vocabulary, text, symbols, best.Left, left.Next, unused, out MergeHeap.Entry after))
                heap.Add(after);
        }
    }

    private static bool TryPair(
        Vocabulary vocabulary, ReadOnlySpan<byte> text, Span<Symbol> symbols, int left, int right, Dictionary<int, Parts>? unused, out MergeHeap.Entry entry)
    {
        entry = default;
        if (symbols[left].IsWhole || symbols[right].IsWhole)
            return false;
        int length = symbols[left].Length + symbols[right].Length;
        int piece = vocabulary.FindPiece(text.Slice(symbols[left].Start, length));
        if (piece == NoPiece || !vocabulary.CanMergeInto(piece))
            return false;
        entry = new MergeHeap.Entry(vocabulary.Rank(piece), left, right, length, piece);
        // The pair seen last is the one to split into: as SentencePiece does.
        if (unused is not null && vocabulary.Kind(piece) == TokenKind.Unused)
            unused[piece] = new Parts(symbols[left].Start, symbols[left].Length, symbols[right].Length);
        return true;
    }

    private static int Write(Vocabulary vocabulary, ReadOnlySpan<byte> text, Span<Symbol> symbols, Dictionary<int, Parts>? unused, Span<int> tokens)
    {
        int count = 0;
        bool afterUnknown = false;
        Stack<Range>? toSplit = unused is null ? null : new();
        for (int i = 0; i >= 0; i = symbols[i].Next)
        {
            ReadOnlySpan<byte> piece = text.Slice(symbols[i].Start, symbols[i].Length);
            int id = symbols[i].Piece;
            if (id == NoPiece)
            {
                WriteUnknown(vocabulary, piece, tokens, ref count, ref afterUnknown);
                continue;
            }
            if (unused is null || vocabulary.Kind(id) != TokenKind.Unused)
            {
                tokens[count++] = id;
                afterUnknown = false;
                continue;
            }

            toSplit!.Push(symbols[i].Start..(symbols[i].Start + symbols[i].Length));
            while (toSplit.TryPop(out Range range))
            {
                id = vocabulary.FindPiece(text[range]);
                if (id == NoPiece)
                {
                    WriteUnknown(vocabulary, text[range], tokens, ref count, ref afterUnknown);
                }
                else if (vocabulary.Kind(id) == TokenKind.Unused && unused.TryGetValue(id, out Parts parts))
                {
                    int middle = parts.Start + parts.LeftLength;
                    toSplit.Push(middle..(middle + parts.RightLength));
                    toSplit.Push(parts.Start..middle);
                }
                else
                {
                    tokens[count++] = id;
                    afterUnknown = false;
                }
            }
        }
        return count;
    }

    private static void WriteUnknown(Vocabulary vocabulary, ReadOnlySpan<byte> character, Span<int> tokens, ref int count, ref bool afterUnknown)
    {
        if (vocabulary.HasBytes)
        {
            foreach (byte b in character)
                tokens[count++] = vocabulary.ByteId(b);
        }
        else if (!afterUnknown)
        {
            // A run of unknown characters is one unknown token.
            tokens[count++] = vocabulary.UnknownId;
            afterUnknown = true;
        }
    }

    /// <summary>A stretch of the text in the list.</summary>
    private struct Symbol
    {
        public int Start;
        /// <summary>In bytes; 0 once merged into its neighbour.</summary>
        public int Length;
        public int Previous;
        public int Next;
        public int Piece;
        /// <summary>Never merged.</summary>
        public bool IsWhole;
    }

    /// <summary>Where in the text the two parts of a piece last stood.</summary>
    private readonly record struct Parts(int Start, int LeftLength, int RightLength);
}
