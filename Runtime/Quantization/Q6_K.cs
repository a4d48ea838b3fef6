using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// 256 elements in 210 bytes: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed bytes of scales for each 16 elements,
/// half d. Elements lie in two halves of 128: nibbles 64 bytes a half, of which byte i holds elements i and 64 + i; upper pairs 32
/// bytes a half, of which pair p of byte i is element 32 · p + i's. x = d · scale · (nibble + 16 · pair - 32).
/// </summary>
internal static unsafe class Q6_K
{
    private const int SubBlocks = 16, SubLength = 16, Bytes = 210, Levels = 32, ScaleLevels = 128;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15), upper = Vector128.Create((byte)0x30);
        Vector128<sbyte> middle = Vector128.Create((sbyte)Levels);
        for (long b = 0; b < blocks; b++, source += Bytes)
        {
            float d = HalfFloat.Widen(*(ushort*)(source + 208));
            sbyte* scales = (sbyte*)source + 192;
            for (int j = 0; j < SubBlocks; j++, destination += SubLength)
            {
                Vector128<byte> low = (Vector128.Load(NibblesOf(source, j)) >>> NibbleShift(j)) & mask;
                Vector128<byte> high = ((Vector128.Load(PairsOf(source, j)) >>> PairShift(j)) << 4) & upper;
                Codes.Scale((low | high).AsSByte() - middle, d * scales[j], destination);
            }
        }
    }

    public static void Quantize(float* source, byte* destination, long blocks)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        for (long b = 0; b < blocks; b++, destination += Bytes)
        {
            sbyte* scales = (sbyte*)destination + 192;
            ushort scaleBits = SymmetricSuperBlock.Fit(source, Levels, ScaleLevels, scales);
            *(ushort*)(destination + 208) = scaleBits;
            new Span<byte>(destination, 192).Clear();
            float d = HalfFloat.Widen(scaleBits);
            for (int j = 0; j < SubBlocks; j++, source += SubLength)
            {
                Vector128<byte> codes = Codes.NearestRaised(source, Codes.Reciprocal(d * scales[j]), Levels);
                byte* low = NibblesOf(destination, j);
                byte* high = PairsOf(destination, j);
                (Vector128.Load(low) | ((codes & mask) << NibbleShift(j))).Store(low);
                (Vector128.Load(high) | ((codes >>> 4) << PairShift(j))).Store(high);
            }
        }
    }

    // Sub-block j is the (j & 7)th of half j / 8.
    private static byte* NibblesOf(byte* block, int j) => block + 64 * (j >> 3) + 16 * (j & 3);

    private static int NibbleShift(int j) => j & 4;

    private static byte* PairsOf(byte* block, int j) => block + 128 + 32 * (j >> 3) + 16 * (j & 1);

    private static int PairShift(int j) => j & 6;
}
