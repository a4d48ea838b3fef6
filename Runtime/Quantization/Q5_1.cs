using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 32 elements in 24 bytes: half d, half m, 32 fifth bits, 16 bytes of nibbles as in <see cref="Q4_1"/>. x = d · (nibble + 16 · fifth bit)
/// + m.
/// </summary>
internal static unsafe class Q5_1
{
    private const int Length = 32, Bytes = 24, Levels = 31;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        for (long b = 0; b < blocks; b++, source += Bytes, destination += Length)
        {
            float d = HalfFloat.Widen(*(ushort*)source), m = HalfFloat.Widen(*(ushort*)(source + 2));
            uint fifth = *(uint*)(source + 4);
            Vector128<byte> nibbles = Vector128.Load(source + 8);
            Codes.Scale(nibbles & mask | FifthBits.Spread(fifth), d, m, destination);
            Codes.Scale(nibbles >>> 4 | FifthBits.Spread(fifth >> 16), d, m, destination + 16);
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        ushort* scales = stackalloc ushort[Panel.Lanes];
        ushort* offsets = stackalloc ushort[Panel.Lanes];
        for (long done = 0; done < blocks; done += Panel.Lanes)
        {
            int batch = (int)Math.Min(Panel.Lanes, blocks - done);
            LegacySearch.Affine(source, batch, Levels, scales, offsets);
            for (int b = 0; b < batch; b++, source += Length, destination += Bytes)
            {
                float inverse = Codes.Reciprocal(HalfFloat.Widen(scales[b])), m = HalfFloat.Widen(offsets[b]);
                Vector128<byte> low = Codes.Nearest(source, -m, inverse, Levels), high = Codes.Nearest(source + 16, -m, inverse, Levels);
                *(ushort*)destination = scales[b];
                *(ushort*)(destination + 2) = offsets[b];
                *(uint*)(destination + 4) = FifthBits.Collect(low) | FifthBits.Collect(high) << 16;
                ((low & mask) | (high << 4)).Store(destination + 8);
            }
        }
    }
}
