using System;
using System.Buffers;
using System.Collections.Generic;

namespace Llamalith.Tokenization;

/// <summary>SentencePiece's way of merging: neighbours that together are a piece, the piece with the highest score first.</summary>
internal static class SentencePieceMerger
{
    /// <summary>Encodes a normalized text.</summary>
    /// <param name="vocabulary">Its pieces.</param>
    /// <param name="text">Well-formed UTF-8, not empty.</param>
    /// <param name="tokens">Room for one token a byte.</param>
    /// <returns>Number of tokens.</returns>
    public static int Encode(Vocabulary vocabulary, ReadOnlySpan<byte> text, Span<int> tokens)
    {
        MergeSymbol[] rented = ArrayPool<MergeSymbol>.Shared.Rent(text.Length);
        MergeHeap heap = new(text.Length);
        try
        {
            Span<MergeSymbol> symbols = rented.AsSpan(0, Split(vocabulary, text, rented));
            Dictionary<int, Parts>? unused = vocabulary.HasUnused ? [] : null;
            PiecePairs pairs = new(vocabulary, text, unused);
            MergeLoop.Run(symbols, ref heap, ref pairs);
            return Write(vocabulary, text, symbols, unused, tokens);
        }
        finally
        {
            heap.Return();
            ArrayPool<MergeSymbol>.Shared.Return(rented);
        }
    }

    /// <summary>Cuts a text into characters.</summary>
    private static int Split(Vocabulary vocabulary, ReadOnlySpan<byte> text, Span<MergeSymbol> symbols)
    {
        int count = 0;
        for (int start = 0; start < text.Length;)
        {
            int length = LengthOfCharacter(text[start]);
            int piece = vocabulary.FindPiece(text.Slice(start, length));
            bool whole = piece == MergeSymbol.NoPiece && vocabulary.Rules == MergeRules.Llama2c;
            symbols[count] =
                new MergeSymbol { Start = start, Length = length, Previous = count - 1, Next = count + 1, Piece = piece, IsWhole = whole };
            start += length;
            count++;
        }
        symbols[count - 1].Next = -1;
        return count;
    }

    private static int LengthOfCharacter(byte lead) => lead switch
    {
        < 0xC0 => 1,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    };

    private static int Write(
        Vocabulary vocabulary, ReadOnlySpan<byte> text, Span<MergeSymbol> symbols, Dictionary<int, Parts>? unused, Span<int> tokens)
    {
        int count = 0;
        bool afterUnknown = false;
        Stack<Range>? toSplit = unused is null ? null : new();
        for (int i = 0; i >= 0; i = symbols[i].Next)
        {
            ReadOnlySpan<byte> piece = text.Slice(symbols[i].Start, symbols[i].Length);
            int id = symbols[i].Piece;
            if (id == MergeSymbol.NoPiece)
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
                if (id == MergeSymbol.NoPiece)
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

    private static void WriteUnknown(
        Vocabulary vocabulary, ReadOnlySpan<byte> character, Span<int> tokens, ref int count, ref bool afterUnknown)
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

    /// <summary>Two neighbours can be merged where their text is a piece.</summary>
    private readonly ref struct PiecePairs(Vocabulary vocabulary, ReadOnlySpan<byte> text, Dictionary<int, Parts>? unused) : IMergePairs
    {
        private readonly ReadOnlySpan<byte> _text = text;

        public bool TryMerge(in MergeSymbol left, in MergeSymbol right, out uint rank, out int piece)
        {
            rank = 0;
            piece = vocabulary.FindPiece(_text.Slice(left.Start, left.Length + right.Length));
            if (piece == MergeSymbol.NoPiece || !vocabulary.CanMergeInto(piece))
                return false;
            rank = vocabulary.Rank(piece);
            // The pair seen last is the one to split into: as SentencePiece does.
            if (unused is not null && vocabulary.Kind(piece) == TokenKind.Unused)
                unused[piece] = new Parts(left.Start, left.Length, right.Length);
            return true;
        }
    }

    /// <summary>Where in the text the two parts of a piece last stood.</summary>
    private readonly record struct Parts(int Start, int LeftLength, int RightLength);
}
