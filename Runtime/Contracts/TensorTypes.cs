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
            _ => default,
        };
        return block.Elements > 0;
    }

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
            throw new ArgumentException($"{columns} columns are no whole number of {type} blocks of {block.Elements} elements.", nameof(columns));
        return checked(rows * (columns / block.Elements) * block.Bytes);
    }
}
