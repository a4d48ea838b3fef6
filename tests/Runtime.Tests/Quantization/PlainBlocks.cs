using System;
using Llamalith.Contracts;

namespace Llamalith.Tests.Quantization;

/// <summary>
/// The formats once more, element by element and straight from their definition: the slow reading that the fast one must equal.
/// </summary>
internal static class PlainBlocks
{
    /// <summary>Element <paramref name="i"/> of a row.</summary>
    public static float Element(TensorType type, ReadOnlySpan<byte> row, int i)
    {
        TensorBlock block = TensorTypes.BlockOf(type);
        ReadOnlySpan<byte> b = row.Slice(i / block.Elements * block.Bytes, block.Bytes);
        i %= block.Elements;
        switch (type)
        {
            case TensorType.F32:
                return BitConverter.ToSingle(b);
            case TensorType.F16:
                return Half(b, 0);
            case TensorType.BF16:
                return BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(b) << 16);
            case TensorType.Q4_0:
                return Half(b, 0) * (Nibble(b[2..], i) - 8);
            case TensorType.Q4_1:
                return Half(b, 0) * Nibble(b[4..], i) + Half(b, 2);
            case TensorType.Q5_0:
                return Half(b, 0) * (Nibble(b[6..], i) + 16 * Bit(b[2..], i) - 16);
            case TensorType.Q5_1:
                return Half(b, 0) * (Nibble(b[8..], i) + 16 * Bit(b[4..], i)) + Half(b, 2);
            case TensorType.Q8_0:
                return Half(b, 0) * (sbyte)b[2 + i];
            case TensorType.Q2_K:
            {
                int code = Pair(b[16..], i), scale = b[i / 16] & 15, minimum = b[i / 16] >> 4;
                return Half(b, 80) * scale * code - Half(b, 82) * minimum;
            }

            case TensorType.Q3_K:
            {
                int third = b[i % 32] >> (i / 32) & 1, sub = i / 16;
                int scale = (sub < 8 ? b[96 + sub] & 15 : b[96 + sub - 8] >> 4) + 16 * (b[104 + sub % 4] >> (2 * (sub / 4)) & 3);
                return Half(b, 108) * (scale - 32) * (Pair(b[32..], i) + 4 * third - 4);
            }

            case TensorType.Q4_K:
            {
                (int scale, int minimum) = SixBits(b[4..], i / 32);
                return Half(b, 0) * scale * NibbleOf64(b[16..], i) - Half(b, 2) * minimum;
            }

            case TensorType.Q5_K:
            {
                (int scale, int minimum) = SixBits(b[4..], i / 32);
                int fifth = b[16 + i % 32] >> (i / 32) & 1;
                return Half(b, 0) * scale * (NibbleOf64(b[48..], i) + 16 * fifth) - Half(b, 2) * minimum;
            }

            case TensorType.Q6_K:
            {
                int half = i / 128, within = i % 128;
                int nibble = b[64 * half + within % 64] >> (within < 64 ? 0 : 4) & 15;
                int pair = b[128 + 32 * half + within % 32] >> (2 * (within / 32)) & 3;
                return Half(b, 208) * (sbyte)b[192 + i / 16] * (nibble + 16 * pair - 32);
            }

            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, null);
        }
    }

    private static float Half(ReadOnlySpan<byte> b, int offset) => (float)BitConverter.ToHalf(b[offset..]);

    private static int Bit(ReadOnlySpan<byte> b, int i) => b[i / 8] >> (i % 8) & 1;

    // Blocks of 32: the first 16 elements in the low nibbles.
    private static int Nibble(ReadOnlySpan<byte> b, int i) => b[i % 16] >> (i < 16 ? 0 : 4) & 15;

    // Super-blocks: 32 bytes hold 64 elements, the first 32 in the low nibbles.
    private static int NibbleOf64(ReadOnlySpan<byte> b, int i) => b[i / 64 * 32 + i % 32] >> (i % 64 < 32 ? 0 : 4) & 15;

    // Super-blocks: 32 bytes hold 128 elements, each 32 in the next pair of bits.
    private static int Pair(ReadOnlySpan<byte> b, int i) => b[i / 128 * 32 + i % 32] >> (2 * (i % 128 / 32)) & 3;

    private static (int Scale, int Minimum) SixBits(ReadOnlySpan<byte> b, int j) => j < 4
        ? (b[j] & 63, b[j + 4] & 63)
        : ((b[j + 4] & 15) + (b[j - 4] >> 6 << 4), (b[j + 4] >> 4) + (b[j] >> 6 << 4));
}
