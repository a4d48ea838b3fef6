using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 32 elements in 20 bytes: half d, half m, 16 bytes of nibbles. x[i] = d · low nibble of byte i + m, x[16 + i] the same of the high
/// nibble.
/// </summary>
internal static unsafe class Q4_1
{
    private const int Length = 32, Bytes = 20, Levels = 15;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        for (long b = 0; b < blocks; b++, source += Bytes, destination += Length)
        {
            float d = HalfFloat.Widen(*(ushort*)source), m = HalfFloat.Widen(*(ushort*)(source + 2));
            Vector128<byte> nibbles = Vector128.Load(source + 4);
            Codes.Scale(nibbles & mask, d, m, destination);
            Codes.Scale(nibbles >>> 4, d, m, destination + 16);
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        ushort* scales = stackalloc ushort[Panel.Lanes];
        ushort* offsets = stackalloc ushort[Panel.Lanes];
        for (long done = 0; done < blocks; done += Panel.Lanes)
        {
            int batch = (int)Math.Min(Panel.Lanes, blocks - done);
            LegacySearch.Affine(source, batch, Levels, scales, offsets);
            for (int b = 0; b < batch; b++, source += Length, destination += Bytes)
            {
                float inverse = Codes.Reciprocal(HalfFloat.Widen(scales[b])), m = HalfFloat.Widen(offsets[b]);
                *(ushort*)destination = scales[b];
                *(ushort*)(destination + 2) = offsets[b];
                (Codes.Nearest(source, -m, inverse, Levels) | (Codes.Nearest(source + 16, -m, inverse, Levels) << 4))
                    .Store(destination + 4);
            }
        }
    }
}
