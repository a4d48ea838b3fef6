using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>Q5_0 and Q5_1 keep the fifth bits of 32 codes in one little-endian word: bit i is element i's.</summary>
internal static class FifthBits
{
    /// <summary>16 for each set bit of 16, 0 for the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Spread(uint bits)
    {
        Vector128<byte> selector = Vector128.Create((ulong)0x8040201008040201).AsByte();
        const ulong EachByte = 0x0101010101010101;
        Vector128<byte> bytes = Vector128.Create((bits & 255) * EachByte, (bits >> 8 & 255) * EachByte).AsByte();
        return Vector128.Equals(bytes & selector, selector) & Vector128.Create((byte)16);
    }

    /// <summary>The fifth bits of 16 codes below 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Collect(Vector128<byte> codes) => (codes << 3).ExtractMostSignificantBits();
}
