using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 256 elements in 144 bytes: half d, half dmin, <see cref="PackedScales"/> of eight sub-blocks of 32, 128 bytes of nibbles; each 32
/// bytes hold one sub-block in the low nibbles and the next in the high. x = d · scale · nibble - dmin · minimum.
/// </summary>
internal static unsafe class Q4_K
{
    private const int SubLength = 32, Bytes = 144, Levels = 15, ScaleLevels = 63;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        Span<byte> scales = stackalloc byte[PackedScales.Count], minima = stackalloc byte[PackedScales.Count];
        for (long b = 0; b < blocks; b++, source += Bytes)
        {
            float d = HalfFloat.Widen(*(ushort*)source), dmin = HalfFloat.Widen(*(ushort*)(source + 2));
            PackedScales.Unpack(source + 4, scales, minima);
            byte* nibbles = source + 16;
            for (int j = 0; j < PackedScales.Count; j += 2, nibbles += SubLength, destination += 2 * SubLength)
            {
                float scale = d * scales[j], offset = -(dmin * minima[j]);
                float nextScale = d * scales[j + 1], nextOffset = -(dmin * minima[j + 1]);
                for (int i = 0; i < SubLength; i += 16)
                {
                    Vector128<byte> both = Vector128.Load(nibbles + i);
                    Codes.Scale(both & mask, scale, offset, destination + i);
                    Codes.Scale(both >>> 4, nextScale, nextOffset, destination + SubLength + i);
                }
            }
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        byte* scales = stackalloc byte[PackedScales.Count];
        byte* minima = stackalloc byte[PackedScales.Count];
        for (long b = 0; b < blocks; b++, destination += Bytes)
        {
            (ushort scaleBits, ushort minimumBits) = AffineSuperBlock.Fit(source, SubLength, Levels, ScaleLevels, scales, minima);
            *(ushort*)destination = scaleBits;
            *(ushort*)(destination + 2) = minimumBits;
            PackedScales.Pack(new(scales, PackedScales.Count), new(minima, PackedScales.Count), destination + 4);

            float d = HalfFloat.Widen(scaleBits), dmin = HalfFloat.Widen(minimumBits);
            byte* nibbles = destination + 16;
            for (int j = 0; j < PackedScales.Count; j += 2, nibbles += SubLength, source += 2 * SubLength)
            {
                float inverse = Codes.Reciprocal(d * scales[j]), minimum = dmin * minima[j];
                float nextInverse = Codes.Reciprocal(d * scales[j + 1]), nextMinimum = dmin * minima[j + 1];
                for (int i = 0; i < SubLength; i += 16)
                {
                    Vector128<byte> low = Codes.Nearest(source + i, minimum, inverse, Levels);
                    Vector128<byte> high = Codes.Nearest(source + SubLength + i, nextMinimum, nextInverse, Levels);
                    (low | (high << 4)).Store(nibbles + i);
                }
            }
        }
    }
}
