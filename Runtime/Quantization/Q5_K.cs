using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 256 elements in 176 bytes: half d, half dmin, <see cref="PackedScales"/> of eight sub-blocks of 32, 32 bytes of fifth bits (bit j of
/// byte i is that of element i of sub-block j), 128 bytes of nibbles as in <see cref="Q4_K"/>.
/// x = d · scale · (nibble + 16 · fifth bit) - dmin · minimum.
/// </summary>
internal static unsafe class Q5_K
{
    private const int SubLength = 32, Bytes = 176, Levels = 31, ScaleLevels = 63;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15), fifth = Vector128.Create((byte)16);
        Span<byte> scales = stackalloc byte[PackedScales.Count], minima = stackalloc byte[PackedScales.Count];
        for (long b = 0; b < blocks; b++, source += Bytes)
        {
            float d = HalfFloat.Widen(*(ushort*)source), dmin = HalfFloat.Widen(*(ushort*)(source + 2));
            PackedScales.Unpack(source + 4, scales, minima);
            byte* high = source + 16;
            byte* nibbles = source + 48;
            for (int j = 0; j < PackedScales.Count; j += 2, nibbles += SubLength, destination += 2 * SubLength)
            {
                float scale = d * scales[j], offset = -(dmin * minima[j]);
                float nextScale = d * scales[j + 1], nextOffset = -(dmin * minima[j + 1]);
                for (int i = 0; i < SubLength; i += 16)
                {
                    Vector128<byte> both = Vector128.Load(nibbles + i), bits = Vector128.Load(high + i) >>> j;
                    Codes.Scale((both & mask) | ((bits << 4) & fifth), scale, offset, destination + i);
                    Codes.Scale((both >>> 4) | ((bits << 3) & fifth), nextScale, nextOffset, destination + SubLength + i);
                }
            }
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        byte* scales = stackalloc byte[PackedScales.Count];
        byte* minima = stackalloc byte[PackedScales.Count];
        for (long b = 0; b < blocks; b++, destination += Bytes)
        {
            (ushort scaleBits, ushort minimumBits) = AffineSuperBlock.Fit(source, SubLength, Levels, ScaleLevels, scales, minima);
            *(ushort*)destination = scaleBits;
            *(ushort*)(destination + 2) = minimumBits;
            PackedScales.Pack(new(scales, PackedScales.Count), new(minima, PackedScales.Count), destination + 4);

            float d = HalfFloat.Widen(scaleBits), dmin = HalfFloat.Widen(minimumBits);
            byte* nibbles = destination + 48;
            Vector128<byte> high0 = default, high1 = default;
            for (int j = 0; j < PackedScales.Count; j += 2, nibbles += SubLength, source += 2 * SubLength)
            {
                float inverse = Codes.Reciprocal(d * scales[j]), minimum = dmin * minima[j];
                float nextInverse = Codes.Reciprocal(d * scales[j + 1]), nextMinimum = dmin * minima[j + 1];
                Vector128<byte> a0 = Codes.Nearest(source, minimum, inverse, Levels);
                Vector128<byte> a1 = Codes.Nearest(source + 16, minimum, inverse, Levels);
                Vector128<byte> b0 = Codes.Nearest(source + SubLength, nextMinimum, nextInverse, Levels);
                Vector128<byte> b1 = Codes.Nearest(source + SubLength + 16, nextMinimum, nextInverse, Levels);
                ((a0 & mask) | (b0 << 4)).Store(nibbles);
                ((a1 & mask) | (b1 << 4)).Store(nibbles + 16);
                high0 |= (a0 >>> 4) << j | (b0 >>> 4) << (j + 1);
                high1 |= (a1 >>> 4) << j | (b1 >>> 4) << (j + 1);
            }

            high0.Store(destination + 16);
            high1.Store(destination + 32);
        }
    }
}
