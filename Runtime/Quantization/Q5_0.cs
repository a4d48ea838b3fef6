using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 32 elements in 22 bytes: half d, 32 fifth bits, 16 bytes of nibbles as in <see cref="Q4_0"/>. x = d · (nibble + 16 · fifth bit - 16).
/// </summary>
internal static unsafe class Q5_0
{
    private const int Length = 32, Bytes = 22, Levels = 16;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        Vector128<sbyte> middle = Vector128.Create((sbyte)Levels);
        for (long b = 0; b < blocks; b++, source += Bytes, destination += Length)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            uint fifth = *(uint*)(source + 2);
            Vector128<byte> nibbles = Vector128.Load(source + 6);
            Codes.Scale((nibbles & mask | FifthBits.Spread(fifth)).AsSByte() - middle, d, destination);
            Codes.Scale((nibbles >>> 4 | FifthBits.Spread(fifth >> 16)).AsSByte() - middle, d, destination + 16);
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        ushort* scales = stackalloc ushort[Panel.Lanes];
        for (long done = 0; done < blocks; done += Panel.Lanes)
        {
            int batch = (int)Math.Min(Panel.Lanes, blocks - done);
            LegacySearch.Symmetric(source, batch, Levels, scales);
            for (int b = 0; b < batch; b++, source += Length, destination += Bytes)
            {
                float inverse = Codes.Reciprocal(HalfFloat.Widen(scales[b]));
                Vector128<byte> low = Codes.NearestRaised(source, inverse, Levels),
                    high = Codes.NearestRaised(source + 16, inverse, Levels);
                *(ushort*)destination = scales[b];
                *(uint*)(destination + 2) = FifthBits.Collect(low) | FifthBits.Collect(high) << 16;
                ((low & mask) | (high << 4)).Store(destination + 6);
            }
        }
    }
}
