using System.Runtime.Intrinsics;

namespace Llamalith.Packing;

/// <summary>
/// How a stored block is read. Implemented by empty structs and used as a type argument, so that each format's packing is compiled for
/// itself. What is not said is as in most formats: 32 elements, one scale, no minimum.
/// </summary>
internal unsafe interface IBlockCodes
{
    /// <summary>Elements in a block.</summary>
    static virtual int Columns => 32;

    /// <summary>Bytes of a stored block.</summary>
    static abstract int StoredBytes { get; }

    /// <summary>Bits of a code.</summary>
    static abstract int Bits { get; }

    /// <summary>Elements that share a scale.</summary>
    static virtual int SubBlock => 32;

    /// <summary>Whether blocks have minima.</summary>
    static virtual bool HasMinima => false;

    /// <summary>Whether a byte holds both the scale and the minimum of a sub-block.</summary>
    static virtual bool SharesScaleBytes => false;

    /// <summary>32 unsigned codes in order, those of elements 32·chunk on.</summary>
    static abstract Vector256<byte> Codes(byte* block, int chunk);

    /// <summary>The block's scale, a half.</summary>
    static abstract ushort Scale(byte* block);

    /// <summary>What is subtracted, a half; only where <see cref="HasMinima"/>.</summary>
    static virtual ushort Minimum(byte* block) => 0;

    /// <summary>Writes a byte for each sub-block; only where it is not the whole block.</summary>
    /// <param name="block">The stored block.</param>
    /// <param name="scales">Of each sub-block.</param>
    /// <param name="minima">Of each sub-block, only where <see cref="HasMinima"/> and scales and minima do not share bytes.</param>
    static virtual void ReadSubScales(byte* block, byte* scales, byte* minima)
    {
    }
}

/// <summary>The same for blocks of 256 elements.</summary>
internal interface ISuperBlockCodes : IBlockCodes
{
    static int IBlockCodes.Columns => 256;
}
