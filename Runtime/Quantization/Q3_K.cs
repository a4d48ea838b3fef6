using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 256 elements in 110 bytes: 32 bytes of third bits (bit j of byte i is element 32 · j + i's), 64 bytes of 2-bit codes laid out as in
/// <see cref="Q2_K"/>, 12 bytes of 6-bit scales for each 16 elements, half d. x = d · (scale - 32) · (code + 4 · third bit - 4).
/// </summary>
/// <remarks>
/// Of the scales, byte i of the first eight holds the low nibbles of number i and number i + 8; the upper two bits of number j are
/// bit pair j / 4 of byte 8 + j % 4.
/// </remarks>
internal static unsafe class Q3_K
{
    private const int SubBlocks = 16, SubLength = 16, Bytes = 110, Levels = 4, ScaleLevels = 32;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)3), third = Vector128.Create((byte)4);
        for (long b = 0; b < blocks; b++, source += Bytes)
        {
            float d = HalfFloat.Widen(*(ushort*)(source + 108));
            byte* packed = source + 96;
            for (int j = 0; j < SubBlocks; j++, destination += SubLength)
            {
                int scale = (packed[j & 7] >> (4 * (j >> 3)) & 15) | ((packed[8 + (j & 3)] >> (2 * (j >> 2)) & 3) << 4);
                Vector128<byte> low = (Vector128.Load(CodesOf(source, j)) >>> Shift(j)) & mask;
                Vector128<byte> high = ((Vector128.Load(source + 16 * (j & 1)) >>> (j >> 1)) << 2) & third;
                Codes.Scale((low | high).AsSByte() - third.AsSByte(), d * (scale - ScaleLevels), destination);
            }
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)3);
        sbyte* scales = stackalloc sbyte[SubBlocks];
        for (long b = 0; b < blocks; b++, destination += Bytes)
        {
            ushort scaleBits = SymmetricSuperBlock.Fit(source, Levels, ScaleLevels, scales);
            *(ushort*)(destination + 108) = scaleBits;
            new Span<byte>(destination, 108).Clear();
            float d = HalfFloat.Widen(scaleBits);
            byte* packed = destination + 96;
            for (int j = 0; j < SubBlocks; j++, source += SubLength)
            {
                int scale = scales[j] + ScaleLevels;
                packed[j & 7] |= (byte)((scale & 15) << (4 * (j >> 3)));
                packed[8 + (j & 3)] |= (byte)(scale >> 4 << (2 * (j >> 2)));

                Vector128<byte> codes = Codes.NearestRaised(source, Codes.Reciprocal(d * scales[j]), Levels);
                byte* low = CodesOf(destination, j);
                byte* high = destination + 16 * (j & 1);
                (Vector128.Load(low) | ((codes & mask) << Shift(j))).Store(low);
                (Vector128.Load(high) | ((codes >>> 2) << (j >> 1))).Store(high);
            }
        }
    }

    private static byte* CodesOf(byte* block, int subBlock) => block + 32 + 32 * (subBlock >> 3) + 16 * (subBlock & 1);

    private static int Shift(int subBlock) => subBlock & 6;
}
