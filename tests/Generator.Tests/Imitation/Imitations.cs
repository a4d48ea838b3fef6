using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Half256 = System.Runtime.Intrinsics.X86.Avx2;

namespace Llamalith.Tests.Imitation;

// Named as the framework's classes, whose place they take in emitted code. Where AVX2 or FMA has the operation of Intel's manual at half
// the width, it is done to each half; else a lane at a time. ImitationTests holds all to plain lanes.

/// <summary>What emitted code asks of AVX-512 F.</summary>
public static class Avx512F
{
    public static Vector512<float> FusedMultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.Create(
        Fma.MultiplyAdd(a.GetLower(), b.GetLower(), c.GetLower()), Fma.MultiplyAdd(a.GetUpper(), b.GetUpper(), c.GetUpper()));

    // The second operand where either is no number, and where both are zero.
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) =>
        Vector512.Create(Half256.Max(a.GetLower(), b.GetLower()), Half256.Max(a.GetUpper(), b.GetUpper()));

    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) =>
        Vector512.Create(Half256.Min(a.GetLower(), b.GetLower()), Half256.Min(a.GetUpper(), b.GetUpper()));

    public static Vector512<float> Permute4x32(Vector512<float> a, byte control)
    {
        Span<float> lanes = stackalloc float[16];
        for (int i = 0; i < lanes.Length; i++)
            lanes[i] = a[(i & ~3) + ((control >> (2 * (i & 3))) & 3)];
        return Vector512.Create<float>(lanes);
    }

    public static Vector512<float> RoundScale(Vector512<float> a, byte control) => control == 0x08
        ? Vector512.Create(Half256.RoundToNearestInteger(a.GetLower()), Half256.RoundToNearestInteger(a.GetUpper()))
        : throw new NotSupportedException($"Rounding {control} is not imitated.");

    public static Vector512<float> Scale(Vector512<float> a, Vector512<float> b)
    {
        Span<float> lanes = stackalloc float[16];
        for (int i = 0; i < lanes.Length; i++)
            lanes[i] = MathF.ScaleB(a[i], (int)MathF.Floor(b[i]));
        return Vector512.Create<float>(lanes);
    }

    public static Vector512<int> ConvertToVector512Int32(Vector128<sbyte> a) =>
        Vector512.Create(Half256.ConvertToVector256Int32(a), Half256.ConvertToVector256Int32(Vector128.Shuffle(a, UpperBytes)));

    public static Vector512<int> ConvertToVector512Int32(Vector128<byte> a) =>
        Vector512.Create(Half256.ConvertToVector256Int32(a), Half256.ConvertToVector256Int32(Vector128.Shuffle(a, UpperBytes.AsByte())));

    public static Vector512<int> ConvertToVector512Int32(Vector256<short> a) =>
        Vector512.Create(Half256.ConvertToVector256Int32(a.GetLower()), Half256.ConvertToVector256Int32(a.GetUpper()));

    // What is no number, or out of range, becomes the integer indefinite.
    public static Vector512<int> ConvertToVector512Int32(Vector512<float> a) =>
        Vector512.Create(Half256.ConvertToVector256Int32(a.GetLower()), Half256.ConvertToVector256Int32(a.GetUpper()));

    // Truncates.
    public static Vector128<sbyte> ConvertToVector128SByte(Vector512<int> a)
    {
        Span<sbyte> bytes = stackalloc sbyte[16];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = unchecked((sbyte)a[i]);
        return Vector128.Create<sbyte>(bytes);
    }

    private static Vector128<sbyte> UpperBytes => Vector128.Create(8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

/// <summary>What emitted code asks of AVX-512 BW.</summary>
public static class Avx512BW
{
    // Unsigned times signed bytes, neighbours added, saturated to 16 bits.
    public static Vector512<short> MultiplyAddAdjacent(Vector512<byte> a, Vector512<sbyte> b) => Vector512.Create(
        Half256.MultiplyAddAdjacent(a.GetLower(), b.GetLower()), Half256.MultiplyAddAdjacent(a.GetUpper(), b.GetUpper()));

    public static Vector512<int> MultiplyAddAdjacent(Vector512<short> a, Vector512<short> b) => Vector512.Create(
        Half256.MultiplyAddAdjacent(a.GetLower(), b.GetLower()), Half256.MultiplyAddAdjacent(a.GetUpper(), b.GetUpper()));

    public static class VL
    {
        public static bool IsSupported => true;
    }
}

/// <summary>What emitted code asks of AVX-512 DQ.</summary>
public static class Avx512DQ
{
    public static class VL
    {
        public static bool IsSupported => true;
    }
}

/// <summary>What emitted code asks of AVX-VNNI.</summary>
public static class AvxVnni
{
    public static bool IsSupported => true;

    // Four unsigned times signed bytes a lane, added to the sum without saturation: as 16-bit numbers, whose products are added in pairs,
    // and these in pairs.
    public static Vector256<int> MultiplyWideningAndAdd(Vector256<int> sum, Vector256<byte> a, Vector256<sbyte> b)
    {
        Vector256<int> lower = Half256.MultiplyAddAdjacent(
            Half256.ConvertToVector256Int16(a.GetLower()), Half256.ConvertToVector256Int16(b.GetLower()));
        Vector256<int> upper = Half256.MultiplyAddAdjacent(
            Half256.ConvertToVector256Int16(a.GetUpper()), Half256.ConvertToVector256Int16(b.GetUpper()));
        Vector256<long> fours = Half256.HorizontalAdd(lower, upper).AsInt64();
        return sum + Half256.Permute4x64(fours, 0b11_01_10_00).AsInt32();
    }
}

/// <summary>AVX-VNNI on a machine that lacks it.</summary>
public static class NoAvxVnni
{
    public static bool IsSupported => false;

    public static Vector256<int> MultiplyWideningAndAdd(Vector256<int> sum, Vector256<byte> a, Vector256<sbyte> b) =>
        throw new PlatformNotSupportedException();
}
