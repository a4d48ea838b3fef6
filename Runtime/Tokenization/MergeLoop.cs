using System;

namespace Llamalith.Tokenization;

/// <summary>
/// The merging itself. A text is a linked list of symbols; the pairs of neighbours that are pieces wait in a heap, best first. A
/// merged pair leaves entries of the heap behind that no longer hold; they are known by the length of their text, which only
/// grows, and are dropped when they come up. A text of n symbols takes O(n log n) steps.
/// </summary>
internal static class MergeLoop
{
    /// <summary>Merges until no two neighbours can be; what is left is chained by <see cref="MergeSymbol.Next"/> from the first.</summary>
    /// <param name="symbols">The symbols in the order of the text; at least one.</param>
    /// <param name="heap">An empty heap; empty again afterwards.</param>
    /// <param name="pairs">Which neighbours can be merged.</param>
    public static void Run<TPairs>(Span<MergeSymbol> symbols, ref MergeHeap heap, ref TPairs pairs)
        where TPairs : struct, IMergePairs, allows ref struct
    {
        for (int right = 1; right < symbols.Length; right++)
            if (TryPair(symbols, right - 1, right, ref pairs, out MergeHeap.Entry entry))
                heap.AddUnordered(entry);
        heap.Order();

        while (heap.TryTake(out MergeHeap.Entry best))
        {
            ref MergeSymbol left = ref symbols[best.Left];
            ref MergeSymbol right = ref symbols[best.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != best.Length)
                continue;
            left.Length = best.Length;
            left.Piece = best.Piece;
            left.Next = right.Next;
            right.Length = 0;
            if (left.Previous >= 0 && TryPair(symbols, left.Previous, best.Left, ref pairs, out MergeHeap.Entry before))
                heap.Add(before);
            if (left.Next < 0)
                continue;
            symbols[left.Next].Previous = best.Left;
            if (TryPair(symbols, best.Left, left.Next, ref pairs, out MergeHeap.Entry after))
                heap.Add(after);
        }
    }

    private static bool TryPair<TPairs>(Span<MergeSymbol> symbols, int left, int right, ref TPairs pairs, out MergeHeap.Entry entry)
        where TPairs : struct, IMergePairs, allows ref struct
    {
        ref readonly MergeSymbol first = ref symbols[left];
        ref readonly MergeSymbol second = ref symbols[right];
        if (!first.IsWhole && !second.IsWhole && pairs.TryMerge(first, second, out uint rank, out int piece))
        {
            entry = new MergeHeap.Entry(rank, left, right, first.Length + second.Length, piece);
            return true;
        }
        entry = default;
        return false;
    }
}

/// <summary>Says which neighbours can be merged, and in which order.</summary>
internal interface IMergePairs
{
    /// <summary>Whether two neighbours are a piece together.</summary>
    /// <param name="left">The left one.</param>
    /// <param name="right">The right one.</param>
    /// <param name="rank">The order of merging, the lowest first.</param>
    /// <param name="piece">The piece's id.</param>
    bool TryMerge(in MergeSymbol left, in MergeSymbol right, out uint rank, out int piece);
}

/// <summary>A stretch of a text in the list of symbols.</summary>
internal struct MergeSymbol
{
    /// <summary>In bytes from the beginning of the text.</summary>
    public int Start;

    /// <summary>In bytes; 0 once merged into its neighbour.</summary>
    public int Length;

    /// <summary>The symbol before it, or -1.</summary>
    public int Previous;

    /// <summary>The symbol after it, or -1.</summary>
    public int Next;

    /// <summary>The piece that it is, or <see cref="NoPiece"/>.</summary>
    public int Piece;

    /// <summary>Never merged.</summary>
    public bool IsWhole;

    /// <summary>What a symbol is that the vocabulary has no piece for.</summary>
    public const int NoPiece = -1;
}
