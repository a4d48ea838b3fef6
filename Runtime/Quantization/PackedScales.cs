using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Llamalith.Quantization;

/// <summary>
/// Q4_K and Q5_K keep eight 6-bit scales and eight 6-bit minima in 12 bytes: bytes 0-3 hold the first four scales and bytes 4-7 the
/// first four minima in their low six bits; the last four have their low nibbles in bytes 8-11 (scale low, minimum high) and their
/// upper two bits on top of bytes 0-3 and 4-7.
/// </summary>
internal static unsafe class PackedScales
{
    /// <summary>Number of sub-blocks.</summary>
    public const int Count = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* packed, Span<byte> scales, Span<byte> minima)
    {
        const uint Nibble = 0x0F0F0F0F, Six = 0x3F3F3F3F, UpperTwo = 0x30303030;
        uint first = Unsafe.ReadUnaligned<uint>(packed), second = Unsafe.ReadUnaligned<uint>(packed + 4),
            nibbles = Unsafe.ReadUnaligned<uint>(packed + 8);
        MemoryMarshal.Write(scales, first & Six);
        MemoryMarshal.Write(scales[4..], (nibbles & Nibble) | ((first >> 2) & UpperTwo));
        MemoryMarshal.Write(minima, second & Six);
        MemoryMarshal.Write(minima[4..], ((nibbles >> 4) & Nibble) | ((second >> 2) & UpperTwo));
    }

    public static void Pack(ReadOnlySpan<byte> scales, ReadOnlySpan<byte> minima, byte* packed)
    {
        for (int j = 0; j < 4; j++)
        {
            packed[j] = (byte)(scales[j] | ((scales[j + 4] >> 4) << 6));
            packed[j + 4] = (byte)(minima[j] | ((minima[j + 4] >> 4) << 6));
            packed[j + 8] = (byte)((scales[j + 4] & 15) | ((minima[j + 4] & 15) << 4));
        }
    }
}
