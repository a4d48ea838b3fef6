using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 256 elements in 84 bytes: 16 bytes with a scale (low nibble) and a minimum (high nibble) for each 16 elements, 64 bytes of 2-bit
/// codes, half d, half dmin. Each 32 code bytes hold 128 elements: bit pair p of byte i is element 32 · p + i.
/// x = d · scale · code - dmin · minimum.
/// </summary>
internal static unsafe class Q2_K
{
    private const int SubBlocks = 16, SubLength = 16, Bytes = 84, Levels = 3, ScaleLevels = 15;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)3);
        for (long b = 0; b < blocks; b++, source += Bytes)
        {
            float d = HalfFloat.Widen(*(ushort*)(source + 80)), dmin = HalfFloat.Widen(*(ushort*)(source + 82));
            for (int j = 0; j < SubBlocks; j++, destination += SubLength)
            {
                Vector128<byte> codes = (Vector128.Load(CodesOf(source, j)) >>> Shift(j)) & mask;
                Codes.Scale(codes, d * (source[j] & 15), -(dmin * (source[j] >> 4)), destination);
            }
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        byte* scales = stackalloc byte[SubBlocks];
        byte* minima = stackalloc byte[SubBlocks];
        for (long b = 0; b < blocks; b++, destination += Bytes)
        {
            (ushort scaleBits, ushort minimumBits) = AffineSuperBlock.Fit(source, SubLength, Levels, ScaleLevels, scales, minima);
            *(ushort*)(destination + 80) = scaleBits;
            *(ushort*)(destination + 82) = minimumBits;
            float d = HalfFloat.Widen(scaleBits), dmin = HalfFloat.Widen(minimumBits);
            for (int j = 0; j < SubBlocks; j++, source += SubLength)
            {
                destination[j] = (byte)(scales[j] | (minima[j] << 4));
                Vector128<byte> codes = Codes.Nearest(source, dmin * minima[j], Codes.Reciprocal(d * scales[j]), Levels);
                byte* at = CodesOf(destination, j);
                (Shift(j) == 0 ? codes : Vector128.Load(at) | (codes << Shift(j))).Store(at);
            }
        }
    }

    private static byte* CodesOf(byte* block, int subBlock) => block + 16 + 32 * (subBlock >> 3) + 16 * (subBlock & 1);

    private static int Shift(int subBlock) => subBlock & 6;
}
