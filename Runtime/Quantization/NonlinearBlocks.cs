using System;

namespace Llamalith.Quantization;

/// <summary>Formats of four bits whose codes stand for numbers that are not evenly spaced: IQ4 and the floats of four bits.</summary>
internal static unsafe class NonlinearBlocks
{
    // What IQ4's codes stand for.
    private static ReadOnlySpan<sbyte> Values => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    // Twice what a float of one sign, two exponent bits and one mantissa bit stands for.
    private static ReadOnlySpan<sbyte> Floats => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>32 elements in 18 bytes: half d; 16 bytes of nibbles, the lower ones first.</summary>
    public static void DequantizeIQ4_NL(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 18, destination += 32)
            Write(destination, source + 2, 16, HalfFloat.Widen(*(ushort*)source), Values);
    }

    /// <summary>
    /// 256 elements in 136 bytes: half d; a word with two upper bits, four bytes with the lower four of each scale of 32; their nibbles.
    /// </summary>
    public static void DequantizeIQ4_XS(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 136)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            int high = *(ushort*)(source + 2);
            for (int group = 0; group < 8; group++, destination += 32)
            {
                int scale = ((source[4 + (group / 2)] >> (4 * (group % 2))) & 15) | (((high >> (2 * group)) & 3) << 4);
                Write(destination, source + 8 + (16 * group), 16, d * (scale - 32), Values);
            }
        }
    }

    /// <summary>32 elements in 17 bytes: an exponent; 16 bytes of nibbles, the lower ones first.</summary>
    public static void DequantizeMXFP4(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 17, destination += 32)
            Write(destination, source + 1, 16, HalfOfPower(source[0]), Floats);
    }

    /// <summary>
    /// 64 elements in 36 bytes: four scales, floats of four exponent and three mantissa bits; of each 16 elements 8 bytes of nibbles.
    /// </summary>
    public static void DequantizeNVFP4(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 36)
        {
            for (int group = 0; group < 4; group++, destination += 16)
                Write(destination, source + 4 + (8 * group), 8, ScaleOf(source[group]) * 0.5f, Floats);
        }
    }

    private static void Write(float* destination, byte* codes, int count, float scale, ReadOnlySpan<sbyte> values)
    {
        for (int i = 0; i < count; i++)
        {
            destination[i] = scale * values[codes[i] & 15];
            destination[count + i] = scale * values[codes[i] >> 4];
        }
    }

    // 2^(exponent - 128): values are stored doubled.
    private static float HalfOfPower(int exponent) =>
        BitConverter.Int32BitsToSingle(exponent < 2 ? 0x0020_0000 << exponent : (exponent - 1) << 23);

    // No sign; what would be no number is nothing.
    private static float ScaleOf(int bits)
    {
        int exponent = (bits >> 3) & 15, mantissa = bits & 7;
        if (bits is 0 or 0x7F)
            return 0;
        return exponent == 0 ? mantissa * MathF.ScaleB(1, -9) : (1 + (mantissa / 8f)) * MathF.ScaleB(1, exponent - 7);
    }
}
