using System;

namespace Llamalith.Quantization;

/// <summary>
/// Q4_K and Q5_K keep eight 6-bit scales and eight 6-bit minima in 12 bytes: bytes 0-3 hold the first four scales and bytes 4-7 the
/// first four minima in their low six bits; the last four have their low nibbles in bytes 8-11 (scale low, minimum high) and their
/// upper two bits on top of bytes 0-3 and 4-7.
/// </summary>
internal static unsafe class PackedScales
{
    /// <summary>Number of sub-blocks.</summary>
    public const int Count = 8;

    public static void Unpack(byte* packed, Span<byte> scales, Span<byte> minima)
    {
        for (int j = 0; j < 4; j++)
        {
            scales[j] = (byte)(packed[j] & 63);
            minima[j] = (byte)(packed[j + 4] & 63);
            scales[j + 4] = (byte)((packed[j + 8] & 15) | ((packed[j] >> 6) << 4));
            minima[j + 4] = (byte)((packed[j + 8] >> 4) | ((packed[j + 4] >> 6) << 4));
        }
    }

    public static void Pack(ReadOnlySpan<byte> scales, ReadOnlySpan<byte> minima, byte* packed)
    {
        for (int j = 0; j < 4; j++)
        {
            packed[j] = (byte)(scales[j] | ((scales[j + 4] >> 4) << 6));
            packed[j + 4] = (byte)(minima[j] | ((minima[j + 4] >> 4) << 6));
            packed[j + 8] = (byte)((scales[j + 4] & 15) | ((minima[j + 4] & 15) << 4));
        }
    }
}
