using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Llamalith.Quantization;

namespace Llamalith.Packing;

// The stored layouts are GGML's; Quantization/ describes each beside its quantiser. All is inlined into the packing loop, which is compiled
// at full speed before its first call: a load is over before the usual tiers have warmed up.

internal readonly unsafe struct Q8_0Codes : IBlockCodes
{
    public static int StoredBytes => 34;

    public static int Bits => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) => Vector256.Load(block + 2);
}

internal readonly unsafe struct Q4_0Codes : IBlockCodes
{
    public static int StoredBytes => 18;

    public static int Bits => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) => BlockBits.Nibbles16(block + 2);
}

internal readonly unsafe struct Q4_1Codes : IBlockCodes
{
    public static int StoredBytes => 20;

    public static int Bits => 4;

    public static bool HasMinima => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Minimum(byte* block) => BlockBits.Negative(block + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) => BlockBits.Nibbles16(block + 4);
}

internal readonly unsafe struct Q5_0Codes : IBlockCodes
{
    public static int StoredBytes => 22;

    public static int Bits => 5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) => BlockBits.Nibbles16(block + 6) | BlockBits.FifthBits(block + 2);
}

internal readonly unsafe struct Q5_1Codes : IBlockCodes
{
    public static int StoredBytes => 24;

    public static int Bits => 5;

    public static bool HasMinima => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Minimum(byte* block) => BlockBits.Negative(block + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) => BlockBits.Nibbles16(block + 8) | BlockBits.FifthBits(block + 4);
}

internal readonly unsafe struct Q4_KCodes : ISuperBlockCodes
{
    public static int StoredBytes => 144;

    public static int Bits => 4;

    public static bool HasMinima => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Minimum(byte* block) => BlockBits.Half(block + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadSubScales(byte* block, byte* scales, byte* minima) =>
        PackedScales.Unpack(block + 4, new Span<byte>(scales, PackedScales.Count), new Span<byte>(minima, PackedScales.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) => BlockBits.Field(block + 16 + (chunk / 2 * 32), chunk % 2 * 4, 15);
}

internal readonly unsafe struct Q5_KCodes : ISuperBlockCodes
{
    public static int StoredBytes => 176;

    public static int Bits => 5;

    public static bool HasMinima => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Minimum(byte* block) => BlockBits.Half(block + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadSubScales(byte* block, byte* scales, byte* minima) => Q4_KCodes.ReadSubScales(block, scales, minima);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) =>
        BlockBits.Join(BlockBits.Field(block + 48 + (chunk / 2 * 32), chunk % 2 * 4, 15), BlockBits.Field(block + 16, chunk, 1), 4);
}

internal readonly unsafe struct Q6_KCodes : ISuperBlockCodes
{
    public static int StoredBytes => 210;

    public static int Bits => 6;

    public static int SubBlock => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block + 208);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadSubScales(byte* block, byte* scales, byte* minima) => Vector128.Load(block + 192).Store(scales);

    // Halves of 128: two times 32 bytes of nibbles, the lower ones first, and 32 bytes of four upper pairs of bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk)
    {
        int half = chunk / 4, quarter = chunk % 4;
        return BlockBits.Join(
            BlockBits.Field(block + (64 * half) + (32 * (quarter % 2)), 4 * (quarter / 2), 15),
            BlockBits.Field(block + 128 + (32 * half), 2 * quarter, 3), 4);
    }
}

internal readonly unsafe struct Q3_KCodes : ISuperBlockCodes
{
    public static int StoredBytes => 110;

    public static int Bits => 3;

    public static int SubBlock => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block + 108);

    // Sixteen 6-bit scales around 32: low nibbles in bytes 0-7, the upper two bits in bytes 8-11.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadSubScales(byte* block, byte* scales, byte* minima)
    {
        uint first = Unsafe.ReadUnaligned<uint>(block + 96), second = Unsafe.ReadUnaligned<uint>(block + 100),
            upper = Unsafe.ReadUnaligned<uint>(block + 104);
        Vector128<uint> low = Vector128.Create(first, second, first >> 4, second >> 4) & Vector128.Create(0x0F0F0F0Fu);
        Vector128<uint> high = Vector128.Create(upper, upper >> 2, upper >> 4, upper >> 6) & Vector128.Create(0x03030303u);
        ((low | (high << 4)).AsByte() - Vector128.Create((byte)32)).Store(scales);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) =>
        BlockBits.Join(BlockBits.Field(block + 32 + (chunk / 4 * 32), chunk % 4 * 2, 3), BlockBits.Field(block, chunk, 1), 2);
}

internal readonly unsafe struct Q2_KCodes : ISuperBlockCodes
{
    public static int StoredBytes => 84;

    public static int Bits => 2;

    public static int SubBlock => 16;

    public static bool HasMinima => true;

    public static bool SharesScaleBytes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Scale(byte* block) => BlockBits.Half(block + 80);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Minimum(byte* block) => BlockBits.Half(block + 82);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadSubScales(byte* block, byte* scales, byte* minima) => Vector128.Load(block).Store(scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* block, int chunk) => BlockBits.Field(block + 16 + (chunk / 4 * 32), chunk % 4 * 2, 3);
}
