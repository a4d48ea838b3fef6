using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Packing;

/// <summary>What several formats share when their codes are read.</summary>
internal static unsafe class Nibbles
{
    /// <summary>The low and the high nibbles of 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read16(byte* source, byte* low, byte* high)
    {
        Vector128<byte> both = Vector128.Load(source);
        (both & Vector128.Create((byte)15)).Store(low);
        (both >>> 4).Store(high);
    }

    /// <summary>The low and the high nibbles of 32 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read32(byte* source, byte* low, byte* high)
    {
        Vector256<byte> both = Vector256.Load(source);
        (both & Vector256.Create((byte)15)).Store(low);
        (both >>> 4).Store(high);
    }

    /// <summary>Bit i of the mask becomes bit 4 of code i, for 32 codes.</summary>
    public static void AddFifthBits(uint mask, byte* codes)
    {
        for (int i = 0; i < 32; i++)
            codes[i] |= (byte)(((mask >> i) & 1) << 4);
    }

    /// <summary>A half's negative: files add a minimum, panels subtract it.</summary>
    public static ushort Negate(ushort half) => (ushort)(half ^ 0x8000);
}
