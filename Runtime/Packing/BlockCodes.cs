using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Llamalith.Quantization;

namespace Llamalith.Packing;

// The stored layouts are GGML's; Quantization/ describes each beside its quantiser.

internal readonly unsafe struct Q8_0Codes : IBlockCodes
{
    public static int Columns => 32;

    public static int StoredBytes => 34;

    public static int Bits => 8;

    public static int SubBlock => 32;

    public static bool HasMinima => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block);
        minimum = 0;
        Vector256.Load(block + 2).Store(codes);
    }
}

internal readonly unsafe struct Q4_0Codes : IBlockCodes
{
    public static int Columns => 32;

    public static int StoredBytes => 18;

    public static int Bits => 4;

    public static int SubBlock => 32;

    public static bool HasMinima => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block);
        minimum = 0;
        Nibbles.Read16(block + 2, codes, codes + 16);
    }
}

internal readonly unsafe struct Q4_1Codes : IBlockCodes
{
    public static int Columns => 32;

    public static int StoredBytes => 20;

    public static int Bits => 4;

    public static int SubBlock => 32;

    public static bool HasMinima => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block);
        minimum = Nibbles.Negate(Unsafe.ReadUnaligned<ushort>(block + 2));
        Nibbles.Read16(block + 4, codes, codes + 16);
    }
}

internal readonly unsafe struct Q5_0Codes : IBlockCodes
{
    public static int Columns => 32;

    public static int StoredBytes => 22;

    public static int Bits => 5;

    public static int SubBlock => 32;

    public static bool HasMinima => false;

    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block);
        minimum = 0;
        Nibbles.Read16(block + 6, codes, codes + 16);
        Nibbles.AddFifthBits(Unsafe.ReadUnaligned<uint>(block + 2), codes);
    }
}

internal readonly unsafe struct Q5_1Codes : IBlockCodes
{
    public static int Columns => 32;

    public static int StoredBytes => 24;

    public static int Bits => 5;

    public static int SubBlock => 32;

    public static bool HasMinima => true;

    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block);
        minimum = Nibbles.Negate(Unsafe.ReadUnaligned<ushort>(block + 2));
        Nibbles.Read16(block + 8, codes, codes + 16);
        Nibbles.AddFifthBits(Unsafe.ReadUnaligned<uint>(block + 4), codes);
    }
}

internal readonly unsafe struct Q4_KCodes : IBlockCodes
{
    public static int Columns => 256;

    public static int StoredBytes => 144;

    public static int Bits => 4;

    public static int SubBlock => 32;

    public static bool HasMinima => true;

    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block);
        minimum = Unsafe.ReadUnaligned<ushort>(block + 2);
        PackedScales.Unpack(block + 4, new Span<byte>(subScales, PackedScales.Count), new Span<byte>(subMinima, PackedScales.Count));
        for (int pair = 0; pair < 4; pair++)
            Nibbles.Read32(block + 16 + (32 * pair), codes + (64 * pair), codes + (64 * pair) + 32);
    }
}

internal readonly unsafe struct Q5_KCodes : IBlockCodes
{
    public static int Columns => 256;

    public static int StoredBytes => 176;

    public static int Bits => 5;

    public static int SubBlock => 32;

    public static bool HasMinima => true;

    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block);
        minimum = Unsafe.ReadUnaligned<ushort>(block + 2);
        PackedScales.Unpack(block + 4, new Span<byte>(subScales, PackedScales.Count), new Span<byte>(subMinima, PackedScales.Count));
        Vector256<byte> fifth = Vector256.Load(block + 16), one = Vector256.Create((byte)1);
        for (int pair = 0; pair < 4; pair++)
        {
            byte* low = codes + (64 * pair), high = low + 32;
            Nibbles.Read32(block + 48 + (32 * pair), low, high);
            (Vector256.Load(low) | (((fifth >>> (2 * pair)) & one) << 4)).Store(low);
            (Vector256.Load(high) | (((fifth >>> ((2 * pair) + 1)) & one) << 4)).Store(high);
        }
    }
}

internal readonly unsafe struct Q6_KCodes : IBlockCodes
{
    public static int Columns => 256;

    public static int StoredBytes => 210;

    public static int Bits => 6;

    public static int SubBlock => 16;

    public static bool HasMinima => false;

    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block + 208);
        minimum = 0;
        Unsafe.CopyBlockUnaligned(subScales, block + 192, 16);
        Vector256<byte> three = Vector256.Create((byte)3);
        for (int half = 0; half < 2; half++, codes += 128)
        {
            byte* nibbles = block + (64 * half);
            Nibbles.Read32(nibbles, codes, codes + 64);
            Nibbles.Read32(nibbles + 32, codes + 32, codes + 96);
            Vector256<byte> upper = Vector256.Load(block + 128 + (32 * half));
            for (int quarter = 0; quarter < 4; quarter++)
            {
                byte* to = codes + (32 * quarter);
                (Vector256.Load(to) | (((upper >>> (2 * quarter)) & three) << 4)).Store(to);
            }
        }
    }
}

internal readonly unsafe struct Q3_KCodes : IBlockCodes
{
    public static int Columns => 256;

    public static int StoredBytes => 110;

    public static int Bits => 3;

    public static int SubBlock => 16;

    public static bool HasMinima => false;

    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block + 108);
        minimum = 0;

        // Sixteen 6-bit scales around 32: low nibbles in bytes 0-7, the upper two bits in bytes 8-11.
        byte* packed = block + 96;
        for (int j = 0; j < 16; j++)
        {
            int low = (packed[j % 8] >> (4 * (j / 8))) & 15;
            int high = (packed[8 + (j % 4)] >> (2 * (j / 4))) & 3;
            subScales[j] = (byte)(sbyte)((low | (high << 4)) - 32);
        }

        Vector256<byte> third = Vector256.Load(block), one = Vector256.Create((byte)1), three = Vector256.Create((byte)3);
        for (int chunk = 0; chunk < 8; chunk++)
        {
            Vector256<byte> pairs = Vector256.Load(block + 32 + (32 * (chunk / 4)));
            (((pairs >>> (2 * (chunk % 4))) & three) | (((third >>> chunk) & one) << 2)).Store(codes + (32 * chunk));
        }
    }
}

internal readonly unsafe struct Q2_KCodes : IBlockCodes
{
    public static int Columns => 256;

    public static int StoredBytes => 84;

    public static int Bits => 2;

    public static int SubBlock => 16;

    public static bool HasMinima => true;

    public static bool SharesScaleBytes => true;

    public static void Read(byte* block, byte* codes, out ushort scale, out ushort minimum, byte* subScales, byte* subMinima)
    {
        scale = Unsafe.ReadUnaligned<ushort>(block + 80);
        minimum = Unsafe.ReadUnaligned<ushort>(block + 82);
        Unsafe.CopyBlockUnaligned(subScales, block, 16);
        Vector256<byte> three = Vector256.Create((byte)3);
        for (int chunk = 0; chunk < 8; chunk++)
            ((Vector256.Load(block + 16 + (32 * (chunk / 4))) >>> (2 * (chunk % 4))) & three).Store(codes + (32 * chunk));
    }
}
