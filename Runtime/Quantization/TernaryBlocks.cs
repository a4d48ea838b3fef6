using System;

namespace Llamalith.Quantization;

/// <summary>Formats of -1, 0 and 1 times a half for each 256 elements.</summary>
internal static unsafe class TernaryBlocks
{
    private static ReadOnlySpan<byte> Powers => [1, 3, 9, 27, 81];

    /// <summary>
    /// 54 bytes: 48 of five elements each, 4 of four each, half d. A byte is a fraction of 243 whose digits in base three are the elements.
    /// </summary>
    public static void DequantizeTQ1_0(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 54)
        {
            float d = HalfFloat.Widen(*(ushort*)(source + 52));
            destination = Digits(destination, source, 32, 5, d);
            destination = Digits(destination, source + 32, 16, 5, d);
            destination = Digits(destination, source + 48, 4, 4, d);
        }
    }

    /// <summary>66 bytes: 64 of four elements each, two bits for each; half d.</summary>
    public static void DequantizeTQ2_0(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 66)
        {
            float d = HalfFloat.Widen(*(ushort*)(source + 64));
            for (int i = 0; i < 256; i++)
                *destination++ = (((source[(i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2)) & 3) - 1) * d;
        }
    }

    private static float* Digits(float* destination, byte* source, int bytes, int digits, float d)
    {
        for (int n = 0; n < digits; n++)
        {
            for (int i = 0; i < bytes; i++)
                *destination++ = (((byte)(source[i] * Powers[n]) * 3 >> 8) - 1) * d;
        }

        return destination;
    }
}
