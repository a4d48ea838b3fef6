using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Tests.Imitation;

// Named as the framework's classes, whose place they take in emitted code. Each operation is the one of Intel's manual, a lane at a time.

/// <summary>What emitted code asks of AVX-512 F.</summary>
public static class Avx512F
{
    public static Vector512<float> FusedMultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Lanes.Of(i => MathF.FusedMultiplyAdd(a[i], b[i], c[i]));

    // The second operand where either is no number, and where both are zero.
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Lanes.Of(i => a[i] > b[i] ? a[i] : b[i]);

    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Lanes.Of(i => a[i] < b[i] ? a[i] : b[i]);

    public static Vector512<float> Permute4x32(Vector512<float> a, byte control) => Lanes.Of(i => a[(i & ~3) + ((control >> (2 * (i & 3))) & 3)]);

    public static Vector512<float> RoundScale(Vector512<float> a, byte control) => control == 0x08
        ? Lanes.Of(i => MathF.Round(a[i], MidpointRounding.ToEven))
        : throw new NotSupportedException($"Rounding {control} is not imitated.");

    public static Vector512<float> Scale(Vector512<float> a, Vector512<float> b) => Lanes.Of(i => MathF.ScaleB(a[i], (int)MathF.Floor(b[i])));

    public static Vector512<int> ConvertToVector512Int32(Vector128<sbyte> a) => Lanes.OfInts(i => a[i]);

    public static Vector512<int> ConvertToVector512Int32(Vector128<byte> a) => Lanes.OfInts(i => a[i]);

    public static Vector512<int> ConvertToVector512Int32(Vector256<short> a) => Lanes.OfInts(i => a[i]);

    // What is no number, or out of range, becomes the integer indefinite.
    public static Vector512<int> ConvertToVector512Int32(Vector512<float> a) =>
        Lanes.OfInts(i => MathF.Abs(a[i]) < 2147483648f ? (int)MathF.Round(a[i], MidpointRounding.ToEven) : int.MinValue);

    // Truncates.
    public static Vector128<sbyte> ConvertToVector128SByte(Vector512<int> a)
    {
        Span<sbyte> bytes = stackalloc sbyte[16];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = unchecked((sbyte)a[i]);
        return Vector128.Create<sbyte>(bytes);
    }
}

/// <summary>What emitted code asks of AVX-512 BW.</summary>
public static class Avx512BW
{
    // Unsigned times signed bytes, neighbours added, saturated to 16 bits.
    public static Vector512<short> MultiplyAddAdjacent(Vector512<byte> a, Vector512<sbyte> b)
    {
        Span<short> sums = stackalloc short[32];
        for (int i = 0; i < sums.Length; i++)
            sums[i] = (short)Math.Clamp((a[2 * i] * b[2 * i]) + (a[(2 * i) + 1] * b[(2 * i) + 1]), short.MinValue, short.MaxValue);
        return Vector512.Create<short>(sums);
    }

    public static Vector512<int> MultiplyAddAdjacent(Vector512<short> a, Vector512<short> b) =>
        Lanes.OfInts(i => unchecked((a[2 * i] * b[2 * i]) + (a[(2 * i) + 1] * b[(2 * i) + 1])));

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

    // Four unsigned times signed bytes a lane, added to the sum without saturation.
    public static Vector256<int> MultiplyWideningAndAdd(Vector256<int> sum, Vector256<byte> a, Vector256<sbyte> b)
    {
        Span<int> sums = stackalloc int[8];
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = sum[i];
            for (int j = 4 * i; j < (4 * i) + 4; j++)
                sums[i] = unchecked(sums[i] + (a[j] * b[j]));
        }

        return Vector256.Create<int>(sums);
    }
}

internal static class Lanes
{
    public static Vector512<float> Of(Func<int, float> lane)
    {
        Span<float> lanes = stackalloc float[16];
        for (int i = 0; i < lanes.Length; i++)
            lanes[i] = lane(i);
        return Vector512.Create<float>(lanes);
    }

    public static Vector512<int> OfInts(Func<int, int> lane)
    {
        Span<int> lanes = stackalloc int[16];
        for (int i = 0; i < lanes.Length; i++)
            lanes[i] = lane(i);
        return Vector512.Create<int>(lanes);
    }
}

/// <summary>AVX-VNNI on a machine that lacks it.</summary>
public static class NoAvxVnni
{
    public static bool IsSupported => false;

    public static Vector256<int> MultiplyWideningAndAdd(Vector256<int> sum, Vector256<byte> a, Vector256<sbyte> b) => throw new PlatformNotSupportedException();
}
