using System;

namespace Llamalith.Contracts;

/// <summary>The smallest unit a tensor type is stored in: so many elements of a row in so many bytes.</summary>
/// <param name="Elements">Elements in a block; a row is a whole number of blocks.</param>
/// <param name="Bytes">Bytes that one block takes.</param>
public readonly record struct TensorBlock(int Elements, int Bytes);

/// <summary>What the runtime knows of each <see cref="TensorType"/>: one row a type.</summary>
public static class TensorTypes
{
    /// <summary>The block of a type, or false where the runtime does not know the type.</summary>
    public static bool TryGetBlock(TensorType type, out TensorBlock block)
    {
        block = type switch
        {
            TensorType.F32 => new(1, sizeof(float)),
            TensorType.F16 => new(1, 2),
            TensorType.BF16 => new(1, 2),
            TensorType.Q4_0 => new(32, 2 + 16),
            TensorType.Q4_1 => new(32, 2 + 2 + 16),
            TensorType.Q5_0 => new(32, 2 + 4 + 16),
            TensorType.Q5_1 => new(32, 2 + 2 + 4 + 16),
            TensorType.Q8_0 => new(32, 2 + 32),
            TensorType.Q2_K => new(256, 16 + 64 + 2 + 2),
            TensorType.Q3_K => new(256, 32 + 64 + 12 + 2),
            TensorType.Q4_K => new(256, 2 + 2 + 12 + 128),
            TensorType.Q5_K => new(256, 2 + 2 + 12 + 32 + 128),
            TensorType.Q6_K => new(256, 128 + 64 + 16 + 2),
            TensorType.IQ4_NL => new(32, 2 + 16),
            TensorType.IQ4_XS => new(256, 2 + 2 + 4 + 128),
            TensorType.TQ1_0 => new(256, 48 + 4 + 2),
            TensorType.TQ2_0 => new(256, 64 + 2),
            TensorType.MXFP4 => new(32, 1 + 16),
            TensorType.NVFP4 => new(64, 4 + 32),
            _ => default,
        };
        return block.Elements > 0;
    }

    /// <summary>Whether engines multiply by matrices of a type as they are.</summary>
    public static bool HasKernels(TensorType type) => type is TensorType.F32 or TensorType.F16 or TensorType.BF16
        or TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_0
        or TensorType.Q2_K or TensorType.Q3_K or TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K;

    /// <summary>
    /// The type that a matrix is stored as for an engine: its own where there are kernels for it, else one of blocks as long that keeps all
    /// but the last bits (Q6_K for blocks of 256, Q8_0 for shorter ones).
    /// </summary>
    public static TensorType ForKernels(TensorType type) =>
        HasKernels(type) ? type : BlockOf(type).Elements == 256 ? TensorType.Q6_K : TensorType.Q8_0;

    /// <summary>The block of a type that the runtime knows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not know the type.</exception>
    public static TensorBlock BlockOf(TensorType type) => TryGetBlock(type, out TensorBlock block)
        ? block
        : throw new ArgumentOutOfRangeException(nameof(type), type, "The runtime does not know this tensor type.");

    /// <summary>Bytes that <paramref name="rows"/> rows of <paramref name="columns"/> elements take.</summary>
    /// <exception cref="ArgumentException">A negative size, or columns that are no whole number of blocks.</exception>
    /// <exception cref="OverflowException">More bytes than a long counts.</exception>
    public static long ByteLength(TensorType type, long rows, long columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        TensorBlock block = BlockOf(type);
        if (columns % block.Elements != 0)
        {
            throw new ArgumentException(
                $"{columns} columns are no whole number of {type} blocks of {block.Elements} elements.", nameof(columns));
        }

        return checked(rows * (columns / block.Elements) * block.Bytes);
    }
}
