using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Packing;

/// <summary>The bits of stored blocks, as several formats keep them.</summary>
internal static unsafe class BlockBits
{
    /// <summary>A half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Half(byte* at) => Unsafe.ReadUnaligned<ushort>(at);

    /// <summary>A half's negative: files add a minimum, panels subtract it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Negative(byte* at) => (ushort)(Half(at) ^ 0x8000);

    /// <summary>The low nibbles of 16 bytes, then the high ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Nibbles16(byte* at)
    {
        Vector128<byte> both = Vector128.Load(at), nibble = Vector128.Create((byte)15);
        return Vector256.Create(both & nibble, (both.AsUInt16() >>> 4).AsByte() & nibble);
    }

    /// <summary>Of each of 32 bytes the bits from a place on that a mask, which lies within a byte there, leaves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Field(byte* at, int place, byte mask) =>
        (Vector256.Load(at).AsUInt16() >>> place).AsByte() & Vector256.Create(mask);

    /// <summary>Codes with upper bits above lower ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Join(Vector256<byte> lower, Vector256<byte> upper, int place) =>
        lower | (upper.AsUInt16() << place).AsByte();

    /// <summary>Bit i of 32 as bit 4 of code i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> FifthBits(byte* at)
    {
        Vector256<byte> bit = Vector256.Create(0x8040201008040201ul).AsByte();
        Vector256<byte> spread = Vector256.Shuffle(
            Vector256.Create(Unsafe.ReadUnaligned<uint>(at)).AsByte(),
            Vector256.Create(
                (byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19));
        return Vector256.Equals(spread & bit, bit) & Vector256.Create((byte)16);
    }
}
