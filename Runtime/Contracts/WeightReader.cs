using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Contracts;

/// <summary>Reads elements of a tensor as 32-bit floats, whatever the file stores.</summary>
public static unsafe class WeightReader
{
    /// <summary>Widens <paramref name="count"/> elements of one row, from <paramref name="column"/> on.</summary>
    /// <exception cref="ModelMismatchException">The tensor's type cannot be read as floats.</exception>
    public static void ReadRow(in TensorView tensor, long row, long column, int count, float* destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, tensor.Rows);
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(column + count, tensor.Columns);
        long first = (row * tensor.Columns) + column;
        switch (tensor.Type)
        {
            case TensorType.F32:
                Unsafe.CopyBlockUnaligned(destination, tensor.Data + (first * sizeof(float)), checked((uint)count * sizeof(float)));
                break;
            case TensorType.F16:
                byte* halves = tensor.Data + (first * sizeof(ushort));
                for (int i = 0; i < count; i++)
                    destination[i] = (float)BitConverter.UInt16BitsToHalf(Unsafe.ReadUnaligned<ushort>(halves + (i * sizeof(ushort))));
                break;
            case TensorType.BF16:
                byte* upper = tensor.Data + (first * sizeof(ushort));
                for (int i = 0; i < count; i++)
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(upper + (i * sizeof(ushort))) << 16);
                break;
            default:
                throw new ModelMismatchException($"The tensor {tensor.Name} is stored as {tensor.Type}, which this engine cannot read; it reads F32, F16 and BF16.");
        }
    }
}
