using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 32 elements in 18 bytes: half d, 16 bytes of nibbles. x[i] = d · (low nibble of byte i - 8), x[16 + i] the same of the high nibble.
/// </summary>
internal static unsafe class Q4_0
{
    private const int Length = 32, Bytes = 18, Levels = 8;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        Vector128<sbyte> middle = Vector128.Create((sbyte)Levels);
        for (long b = 0; b < blocks; b++, source += Bytes, destination += Length)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            Vector128<byte> nibbles = Vector128.Load(source + 2);
            Codes.Scale((nibbles & mask).AsSByte() - middle, d, destination);
            Codes.Scale((nibbles >>> 4).AsSByte() - middle, d, destination + 16);
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        ushort* scales = stackalloc ushort[Panel.Lanes];
        for (long done = 0; done < blocks; done += Panel.Lanes)
        {
            int batch = (int)Math.Min(Panel.Lanes, blocks - done);
            LegacySearch.Symmetric(source, batch, Levels, scales);
            for (int b = 0; b < batch; b++, source += Length, destination += Bytes)
            {
                float inverse = Codes.Reciprocal(HalfFloat.Widen(scales[b]));
                *(ushort*)destination = scales[b];
                (Codes.NearestRaised(source, inverse, Levels) | (Codes.NearestRaised(source + 16, inverse, Levels) << 4))
                    .Store(destination + 2);
            }
        }
    }
}
