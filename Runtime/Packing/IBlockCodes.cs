namespace Llamalith.Packing;

/// <summary>
/// How the codes of a stored block are read. Implemented by empty structs and used as a type argument, so that each format's packing
/// is compiled for itself.
/// </summary>
internal unsafe interface IBlockCodes
{
    /// <summary>Elements in a block.</summary>
    static abstract int Columns { get; }

    /// <summary>Bytes of a stored block.</summary>
    static abstract int StoredBytes { get; }

    /// <summary>Bits of a code.</summary>
    static abstract int Bits { get; }

    /// <summary>Elements that share a scale.</summary>
    static abstract int SubBlock { get; }

    /// <summary>Whether blocks have minima.</summary>
    static abstract bool HasMinima { get; }

    /// <summary>Whether a byte holds both the scale and the minimum of a sub-block.</summary>
    static virtual bool SharesScaleBytes => false;

    /// <summary>Reads one block.</summary>
    /// <param name="block">The stored block.</param>
    /// <param name="codes">Columns unsigned codes, in order.</param>
    /// <param name="scale">The block's scale, a half.</param>
    /// <param name="minimum">What is subtracted, a half; only where <see cref="HasMinima"/>.</param>
    /// <param name="subScales">A byte for each sub-block, only where it is not the whole block.</param>
    /// <param name="subMinima">The same, only where <see cref="HasMinima"/> and scales and minima do not share bytes.</param>
    static abstract void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima);
}
