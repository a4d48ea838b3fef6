using System;
using Llamalith.Quantization;

namespace Llamalith.Contracts;

/// <summary>Reads elements of a tensor as 32-bit floats, whatever the file stores.</summary>
public static unsafe class WeightReader
{
    /// <summary>Widens <paramref name="count"/> elements of one row, from <paramref name="column"/> on.</summary>
    public static void ReadRow(in TensorView tensor, long row, long column, int count, float* destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, tensor.Rows);
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(column + count, tensor.Columns);
        BlockFormats.DequantizeRange(
            tensor.Type,
            new ReadOnlySpan<byte>(
                tensor.Data + (row * (tensor.ByteLength / tensor.Rows)), checked((int)(tensor.ByteLength / tensor.Rows))),
            column,
            new Span<float>(destination, count));
    }
}
