using System;

namespace Llamalith.Contracts;

/// <summary>What one KV cache looks like: the generated class's constants.</summary>
/// <param name="Model">The class's name and, each behind a space, what decides keys and values: a saved cache of another model is refused
/// by it.</param>
/// <param name="Capacity">Most positions.</param>
/// <param name="VocabSize">Tokens that a position may be filled by.</param>
/// <param name="BlockPositions">Positions that attention sums over at once, and that lie together in a saved cache: some pages.</param>
/// <param name="PagePositions">Positions in a page; a page holds them for every layer and head.</param>
/// <param name="PageBytes">Bytes in a page: those of one head after another.</param>
/// <param name="Head">One head in a page.</param>
public sealed record KvLayout(
    string Model, int Capacity, int VocabSize, int BlockPositions, int PagePositions, long PageBytes, KvHeadLayout Head)
{
    /// <summary>Bytes that one position takes: its key and value, with their scales, of every head of every layer.</summary>
    public long BytesPerToken => KvSizes.BytesPerToken(PageBytes / Head.Bytes, Head.HeadDim, Head.ElementBytes, Head.ScaleBytes);

    /// <summary>Bytes that one position takes in a cache of a format: keys and values, and their scales, of every layer.</summary>
    public static long BytesPerTokenOf(ModelShape shape, KvFormat format)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return KvSizes.BytesPerToken(format.ToString(), shape.Layers, shape.KvHeads, shape.HeadDim);
    }

    /// <summary>Pages that so many positions take.</summary>
    internal int Pages(int positions) => (int)(((long)positions + PagePositions - 1) / PagePositions);
}

/// <summary>
/// Where one head's positions lie in a page: keys as [tile][HeadDim][PositionTile], with a scale for each position behind each tile where
/// there are scales; then the scales of values; then values as [slice][PagePositions][Slice].
/// </summary>
public sealed record KvHeadLayout
{
    /// <summary>Elements of a key, and of a value.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Bytes of an element.</summary>
    public required int ElementBytes { get; init; }

    /// <summary>Bytes of a position's scale, one for its key and one for its value; 0 for none.</summary>
    public required int ScaleBytes { get; init; }

    /// <summary>Positions in a tile of keys.</summary>
    public required int PositionTile { get; init; }

    /// <summary>Elements of a value that lie together.</summary>
    public required int Slice { get; init; }

    /// <summary>Bytes of a tile of keys, its scales included.</summary>
    public required int KeyTileBytes { get; init; }

    /// <summary>Where the values begin, in bytes; their scales end there.</summary>
    public required int ValuesOffset { get; init; }

    /// <summary>Bytes of the head in a page.</summary>
    public required int Bytes { get; init; }
}
