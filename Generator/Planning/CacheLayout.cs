using System;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>
/// Where keys and values of one head lie in a page of the KV cache, in elements of the cache's type. Keys are tiles of
/// <see cref="PositionTile"/> positions, [HeadDim][PositionTile]; values are slices of the head, [PagePositions][Slice]: the orders in
/// which they are streamed, and no kernel sums across lanes. Where positions have scales, floats, those of keys follow their tile and those
/// of values come before them. Pages are what memory is taken in and shared by; blocks of several are what attention sums over.
/// </summary>
internal sealed class CacheLayout
{
    /// <summary>
    /// Halves are stored of so many times the number. A half below 2^-14 would be widened to a subnormal float, on which each multiply-add
    /// was measured to take some 150 cycles; raised, only what is below 2^-18 would be, and that is stored as nothing.
    /// </summary>
    public const int HalfRaise = 16;

    /// <summary>Positions in a tile of keys, where a vector holds one element of neighbouring positions.</summary>
    public const int PositionTile = 32;

    /// <summary>
    /// Most positions in a block: enough that combining the blocks costs nothing, few enough that threads can share them evenly, and
    /// that scores of a block stay in the first-level cache.
    /// </summary>
    private const int MaxBlockPositions = 256;

    /// <summary>
    /// Most positions in a page: few enough that a short conversation takes little, and that the last page of a fork is soon copied; enough
    /// that what a head has in one is a stream of some KiB, whose end asks ahead for the next.
    /// </summary>
    private const int MaxPagePositions = 64;

    public CacheLayout(ModelSpec spec)
    {
        ElementBytes = KvSizes.ElementBytes(spec.KvCache.ToString());
        IsScaled = KvSizes.ScaleBytes(spec.KvCache.ToString()) > 0;
        ElementType = spec.KvCache switch
        {
            KvFormat.F16 => "ushort",
            KvFormat.F32 => "float",
            KvFormat.Int8 => "sbyte",
            _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.KvCache, "No such KV format."),
        };
        BlockPositions = Math.Min(MaxBlockPositions, ModelPlan.Pad(spec.Context, PositionTile));
        PagePositions = Math.Min(MaxPagePositions, BlockPositions);
        Slice = spec.HeadDim % 32 == 0 ? 32 : spec.HeadDim % 16 == 0 ? 16 : spec.HeadDim;
        int scaleElements = IsScaled ? sizeof(float) / ElementBytes : 0;
        KeyTileElements = (spec.HeadDim + scaleElements) * PositionTile;
        ValueScalesOffset = PagePositions / PositionTile * KeyTileElements;
        ValuesOffset = ValueScalesOffset + (scaleElements * PagePositions);
        HeadPageElements = ValuesOffset + (spec.HeadDim * PagePositions);
        Blocks = (spec.Context + BlockPositions - 1) / BlockPositions;
        Pages = (spec.Context + PagePositions - 1) / PagePositions;
    }

    /// <summary>The C# type of an element.</summary>
    public string ElementType { get; }

    /// <summary>Its size.</summary>
    public int ElementBytes { get; }

    /// <summary>Whether each position of a head has a scale for its key and one for its value.</summary>
    public bool IsScaled { get; }

    /// <summary>Whether elements must be widened before floats can be computed with.</summary>
    public bool Widens => ElementBytes < sizeof(float);

    /// <summary>Whether widening leaves elements without the exponent that they had: those of halves.</summary>
    public bool LosesExponent => Widens && !IsScaled;

    /// <summary>Positions in a block.</summary>
    public int BlockPositions { get; }

    /// <summary>Positions in a page: a block is whole pages, unless it is the only one.</summary>
    public int PagePositions { get; }

    /// <summary>Pages that a block takes.</summary>
    public int BlockPages => (BlockPositions + PagePositions - 1) / PagePositions;

    /// <summary>Blocks that a full context takes.</summary>
    public int Blocks { get; }

    /// <summary>Pages that a full context takes.</summary>
    public int Pages { get; }

    /// <summary>Elements of a head that lie together for one position's values.</summary>
    public int Slice { get; }

    /// <summary>Elements of one tile of keys, its scales included.</summary>
    public int KeyTileElements { get; }

    /// <summary>Where the scales of values begin, if there are any, from the start of a head's keys in a page.</summary>
    public int ValueScalesOffset { get; }

    /// <summary>Where the values begin, from the start of a head's keys in a page.</summary>
    public int ValuesOffset { get; }

    /// <summary>Elements of one head in a page.</summary>
    public int HeadPageElements { get; }
}
