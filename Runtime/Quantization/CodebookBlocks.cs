using System;

namespace Llamalith.Quantization;

/// <summary>
/// IQ1, IQ2 and IQ3: 256 elements, 32 at a time as four groups of eight. A group's magnitudes are an entry of a codebook (two of four elements in
/// IQ3), its signs a byte, and a scale of a few bits multiplies the half of the block.
/// </summary>
internal static unsafe class CodebookBlocks
{
    private const int Groups = 8, GroupElements = 32;

    private static ReadOnlySpan<float> Magnitudes2 => [8, 25, 43, 0];

    private static ReadOnlySpan<float> MagnitudesXxs => [4, 12, 20, 28, 36, 44, 52, 62];

    private static ReadOnlySpan<float> MagnitudesS => [1, 3, 5, 7, 9, 11, 13, 15];

    /// <summary>66 bytes: half d; of each 32 elements four indices of a byte, then 28 bits of signs and 4 of scale.</summary>
    public static void DequantizeIQ2_XXS(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 66)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            for (int group = 0; group < Groups; group++, destination += GroupElements)
            {
                byte* codes = source + 2 + (8 * group);
                uint signs = *(uint*)(codes + 4);
                float scale = d * (0.5f + (signs >> 28)) * 0.25f;
                for (int l = 0; l < 4; l++)
                    Write8(destination + (8 * l), Codebooks.IQ2_XXS[codes[l]], scale, EvenSigns(signs >> (7 * l)));
            }
        }
    }

    /// <summary>74 bytes: half d; 32 words, 9 bits of index and 7 of signs; 8 bytes of scales, 4 bits for each 16 elements.</summary>
    public static void DequantizeIQ2_XS(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 74)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            for (int group = 0; group < Groups; group++, destination += GroupElements)
            {
                int scales = source[66 + group];
                for (int l = 0; l < 4; l++)
                {
                    ushort code = *(ushort*)(source + 2 + (8 * group) + (2 * l));
                    Write8(destination + (8 * l), Codebooks.IQ2_XS[code & 511], Scale2(d, scales, l), EvenSigns((uint)code >> 9));
                }
            }
        }
    }

    /// <summary>82 bytes: half d; 32 bytes of indices; 32 of signs; 8 with two more bits of each index; 8 of scales, 4 bits for each 16 elements.</summary>
    public static void DequantizeIQ2_S(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 82)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            for (int group = 0; group < Groups; group++, destination += GroupElements)
            {
                int high = source[66 + group], scales = source[74 + group];
                for (int l = 0; l < 4; l++)
                {
                    int index = source[2 + (4 * group) + l] | ((high << (8 - (2 * l))) & 0x300);
                    Write8(destination + (8 * l), Codebooks.IQ2_S[index], Scale2(d, scales, l), source[34 + (4 * group) + l]);
                }
            }
        }
    }

    /// <summary>98 bytes: half d; 64 bytes of indices; of each 32 elements 28 bits of signs and 4 of scale.</summary>
    public static void DequantizeIQ3_XXS(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 98)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            for (int group = 0; group < Groups; group++, destination += GroupElements)
            {
                byte* codes = source + 2 + (8 * group);
                uint signs = *(uint*)(source + 66 + (4 * group));
                float scale = d * (0.5f + (signs >> 28)) * 0.5f;
                for (int l = 0; l < 4; l++)
                {
                    int sign = EvenSigns(signs >> (7 * l));
                    Write4(destination + (8 * l), Codebooks.IQ3_XXS[codes[2 * l]], MagnitudesXxs, scale, sign);
                    Write4(destination + (8 * l) + 4, Codebooks.IQ3_XXS[codes[(2 * l) + 1]], MagnitudesXxs, scale, sign >> 4);
                }
            }
        }
    }

    /// <summary>110 bytes: half d; 64 bytes of indices; 8 with a ninth bit of each; 32 of signs; 4 of scales, 4 bits for each 32 elements.</summary>
    public static void DequantizeIQ3_S(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 110)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            for (int group = 0; group < Groups; group++, destination += GroupElements)
            {
                byte* codes = source + 2 + (8 * group);
                int high = source[66 + group];
                float scale = d * (1 + (2 * ((source[106 + (group / 2)] >> (4 * (group % 2))) & 15)));
                for (int l = 0; l < 4; l++)
                {
                    int sign = source[74 + (4 * group) + l];
                    int first = codes[2 * l] | ((high << (8 - (2 * l))) & 256), second = codes[(2 * l) + 1] | ((high << (7 - (2 * l))) & 256);
                    Write4(destination + (8 * l), Codebooks.IQ3_S[first], MagnitudesS, scale, sign);
                    Write4(destination + (8 * l) + 4, Codebooks.IQ3_S[second], MagnitudesS, scale, sign >> 4);
                }
            }
        }
    }

    /// <summary>50 bytes: half d; 32 bytes of indices; of each 32 elements a word: three more bits of each index, 3 of scale, 1 for the sign of the shift.</summary>
    public static void DequantizeIQ1_S(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 50)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            for (int group = 0; group < Groups; group++, destination += GroupElements)
            {
                int high = *(ushort*)(source + 34 + (2 * group));
                float scale = d * ((2 * ((high >> 12) & 7)) + 1);
                for (int l = 0; l < 4; l++)
                    WriteShifted(destination + (8 * l), source[2 + (4 * group) + l] | (((high >> (3 * l)) & 7) << 8), scale, (high & 0x8000) != 0);
            }
        }
    }

    /// <summary>
    /// 56 bytes: 32 of indices; 16 with three more bits of each index and the sign of its shift; four words of scales, 3 bits for each 16 elements, whose
    /// upper nibbles are the half d.
    /// </summary>
    public static void DequantizeIQ1_M(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += 56)
        {
            ushort* scales = (ushort*)(source + 48);
            float d = HalfFloat.Widen((ushort)((scales[0] >> 12) | ((scales[1] >> 8) & 0xF0) | ((scales[2] >> 4) & 0xF00) | (scales[3] & 0xF000)));
            for (int group = 0; group < Groups; group++, destination += GroupElements)
            {
                for (int l = 0; l < 4; l++)
                {
                    int high = source[32 + (2 * group) + (l / 2)] >> (4 * (l % 2));
                    int scale = (scales[group / 2] >> ((6 * (group % 2)) + (3 * (l / 2)))) & 7;
                    WriteShifted(destination + (8 * l), source[(4 * group) + l] | ((high & 7) << 8), d * ((2 * scale) + 1), (high & 8) != 0);
                }
            }
        }
    }

    // Of 16 elements, two groups.
    private static float Scale2(float d, int scales, int group) => d * (0.5f + ((scales >> (group / 2 * 4)) & 15)) * 0.25f;

    // Seven signs; the eighth makes their number even.
    private static int EvenSigns(uint bits)
    {
        int signs = (int)(bits & 127);
        return signs | ((System.Numerics.BitOperations.PopCount((uint)signs) & 1) << 7);
    }

    private static void Write8(float* destination, int entry, float scale, int signs)
    {
        for (int j = 0; j < 8; j++)
        {
            float value = scale * Magnitudes2[(entry >> (2 * j)) & 3];
            destination[j] = (signs >> j & 1) != 0 ? -value : value;
        }
    }

    private static void Write4(float* destination, int entry, ReadOnlySpan<float> magnitudes, float scale, int signs)
    {
        for (int j = 0; j < 4; j++)
        {
            float value = scale * magnitudes[(entry >> (3 * j)) & 7];
            destination[j] = (signs >> j & 1) != 0 ? -value : value;
        }
    }

    // -1, 0 or 1, shifted by an eighth.
    private static void WriteShifted(float* destination, int index, float scale, bool down)
    {
        int entry = Codebooks.IQ1[index];
        float shift = down ? -0.125f : 0.125f;
        for (int j = 0; j < 8; j++)
            destination[j] = scale * (((entry >> (2 * j)) & 3) - 1 + shift);
    }
}
