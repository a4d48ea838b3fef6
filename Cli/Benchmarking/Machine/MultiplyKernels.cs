using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Llamalith.Cli.Benchmarking.Machine;

/// <summary>
/// Loops of nothing but multiply-adds on registers, shaped like the inside of a matrix product: one vector loaded, multiplied by
/// eight that stay. Each iteration reads one vector of a cycle of <see cref="Cycle"/> at <c>data</c>; the result only keeps the work from
/// being optimised away.
/// </summary>
internal static unsafe class MultiplyKernels
{
    /// <summary>Vectors that are loaded in turn; a power of two.</summary>
    public const int Cycle = 16;

    /// <summary>Multiplications of a vector by others, per iteration.</summary>
    public const int PerIteration = 8;

    /// <summary>512-bit float FMA: 16 multiply-adds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Float512(byte* data, int iterations)
    {
        Vector512<float>* v = (Vector512<float>*)data;
        Vector512<float> b0 = v[0], b1 = v[1], b2 = v[2], b3 = v[3], b4 = v[4], b5 = v[5], b6 = v[6], b7 = v[7];
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < iterations; i++)
        {
            Vector512<float> w = v[i & (Cycle - 1)];
            a0 = Vector512.FusedMultiplyAdd(w, b0, a0);
            a1 = Vector512.FusedMultiplyAdd(w, b1, a1);
            a2 = Vector512.FusedMultiplyAdd(w, b2, a2);
            a3 = Vector512.FusedMultiplyAdd(w, b3, a3);
            a4 = Vector512.FusedMultiplyAdd(w, b4, a4);
            a5 = Vector512.FusedMultiplyAdd(w, b5, a5);
            a6 = Vector512.FusedMultiplyAdd(w, b6, a6);
            a7 = Vector512.FusedMultiplyAdd(w, b7, a7);
        }

        return (int)Vector512.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
    }

    /// <summary>256-bit float FMA: 8 multiply-adds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Float256(byte* data, int iterations)
    {
        Vector256<float>* v = (Vector256<float>*)data;
        Vector256<float> b0 = v[0], b1 = v[1], b2 = v[2], b3 = v[3], b4 = v[4], b5 = v[5], b6 = v[6], b7 = v[7];
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < iterations; i++)
        {
            Vector256<float> w = v[i & (Cycle - 1)];
            a0 = Vector256.FusedMultiplyAdd(w, b0, a0);
            a1 = Vector256.FusedMultiplyAdd(w, b1, a1);
            a2 = Vector256.FusedMultiplyAdd(w, b2, a2);
            a3 = Vector256.FusedMultiplyAdd(w, b3, a3);
            a4 = Vector256.FusedMultiplyAdd(w, b4, a4);
            a5 = Vector256.FusedMultiplyAdd(w, b5, a5);
            a6 = Vector256.FusedMultiplyAdd(w, b6, a6);
            a7 = Vector256.FusedMultiplyAdd(w, b7, a7);
        }

        return (int)Vector256.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
    }

    /// <summary>128-bit float FMA: 4 multiply-adds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Float128(byte* data, int iterations)
    {
        Vector128<float>* v = (Vector128<float>*)data;
        Vector128<float> b0 = v[0], b1 = v[1], b2 = v[2], b3 = v[3], b4 = v[4], b5 = v[5], b6 = v[6], b7 = v[7];
        Vector128<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < iterations; i++)
        {
            Vector128<float> w = v[i & (Cycle - 1)];
            a0 = Vector128.FusedMultiplyAdd(w, b0, a0);
            a1 = Vector128.FusedMultiplyAdd(w, b1, a1);
            a2 = Vector128.FusedMultiplyAdd(w, b2, a2);
            a3 = Vector128.FusedMultiplyAdd(w, b3, a3);
            a4 = Vector128.FusedMultiplyAdd(w, b4, a4);
            a5 = Vector128.FusedMultiplyAdd(w, b5, a5);
            a6 = Vector128.FusedMultiplyAdd(w, b6, a6);
            a7 = Vector128.FusedMultiplyAdd(w, b7, a7);
        }

        return (int)Vector128.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
    }

    /// <summary>AVX-512 vpmaddubsw and vpaddw: 64 multiply-adds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Int512(byte* data, int iterations)
    {
        Vector512<byte>* v = (Vector512<byte>*)data;
        Vector512<sbyte>* s = (Vector512<sbyte>*)data;
        Vector512<sbyte> b0 = s[0], b1 = s[1], b2 = s[2], b3 = s[3], b4 = s[4], b5 = s[5], b6 = s[6], b7 = s[7];
        Vector512<short> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < iterations; i++)
        {
            Vector512<byte> w = v[i & (Cycle - 1)];
            a0 += Avx512BW.MultiplyAddAdjacent(w, b0);
            a1 += Avx512BW.MultiplyAddAdjacent(w, b1);
            a2 += Avx512BW.MultiplyAddAdjacent(w, b2);
            a3 += Avx512BW.MultiplyAddAdjacent(w, b3);
            a4 += Avx512BW.MultiplyAddAdjacent(w, b4);
            a5 += Avx512BW.MultiplyAddAdjacent(w, b5);
            a6 += Avx512BW.MultiplyAddAdjacent(w, b6);
            a7 += Avx512BW.MultiplyAddAdjacent(w, b7);
        }

        return Vector512.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
    }

    /// <summary>AVX2 vpmaddubsw and vpaddw: 32 multiply-adds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Int256(byte* data, int iterations)
    {
        Vector256<byte>* v = (Vector256<byte>*)data;
        Vector256<sbyte>* s = (Vector256<sbyte>*)data;
        Vector256<sbyte> b0 = s[0], b1 = s[1], b2 = s[2], b3 = s[3], b4 = s[4], b5 = s[5], b6 = s[6], b7 = s[7];
        Vector256<short> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < iterations; i++)
        {
            Vector256<byte> w = v[i & (Cycle - 1)];
            a0 += Avx2.MultiplyAddAdjacent(w, b0);
            a1 += Avx2.MultiplyAddAdjacent(w, b1);
            a2 += Avx2.MultiplyAddAdjacent(w, b2);
            a3 += Avx2.MultiplyAddAdjacent(w, b3);
            a4 += Avx2.MultiplyAddAdjacent(w, b4);
            a5 += Avx2.MultiplyAddAdjacent(w, b5);
            a6 += Avx2.MultiplyAddAdjacent(w, b6);
            a7 += Avx2.MultiplyAddAdjacent(w, b7);
        }

        return Vector256.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
    }

    /// <summary>AVX-VNNI vpdpbusd: 32 multiply-adds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int IntVnni(byte* data, int iterations)
    {
        Vector256<byte>* v = (Vector256<byte>*)data;
        Vector256<sbyte>* s = (Vector256<sbyte>*)data;
        Vector256<sbyte> b0 = s[0], b1 = s[1], b2 = s[2], b3 = s[3], b4 = s[4], b5 = s[5], b6 = s[6], b7 = s[7];
        Vector256<int> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < iterations; i++)
        {
            Vector256<byte> w = v[i & (Cycle - 1)];
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, w, b0);
            a1 = AvxVnni.MultiplyWideningAndAdd(a1, w, b1);
            a2 = AvxVnni.MultiplyWideningAndAdd(a2, w, b2);
            a3 = AvxVnni.MultiplyWideningAndAdd(a3, w, b3);
            a4 = AvxVnni.MultiplyWideningAndAdd(a4, w, b4);
            a5 = AvxVnni.MultiplyWideningAndAdd(a5, w, b5);
            a6 = AvxVnni.MultiplyWideningAndAdd(a6, w, b6);
            a7 = AvxVnni.MultiplyWideningAndAdd(a7, w, b7);
        }

        return Vector256.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
    }

    /// <summary>NEON sdot: 16 multiply-adds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int IntDot(byte* data, int iterations)
    {
        Vector128<sbyte>* v = (Vector128<sbyte>*)data;
        Vector128<sbyte> b0 = v[0], b1 = v[1], b2 = v[2], b3 = v[3], b4 = v[4], b5 = v[5], b6 = v[6], b7 = v[7];
        Vector128<int> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < iterations; i++)
        {
            Vector128<sbyte> w = v[i & (Cycle - 1)];
            a0 = Dp.DotProduct(a0, w, b0);
            a1 = Dp.DotProduct(a1, w, b1);
            a2 = Dp.DotProduct(a2, w, b2);
            a3 = Dp.DotProduct(a3, w, b3);
            a4 = Dp.DotProduct(a4, w, b4);
            a5 = Dp.DotProduct(a5, w, b5);
            a6 = Dp.DotProduct(a6, w, b6);
            a7 = Dp.DotProduct(a7, w, b7);
        }

        return Vector128.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
    }

    /// <summary>NEON smull, smlal2 and sadalp: 16 multiply-adds each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int IntNeon(byte* data, int iterations)
    {
        Vector128<sbyte>* v = (Vector128<sbyte>*)data;
        Vector128<sbyte> b0 = v[0], b1 = v[1], b2 = v[2], b3 = v[3], b4 = v[4], b5 = v[5], b6 = v[6], b7 = v[7];
        Vector128<int> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int i = 0; i < iterations; i++)
        {
            Vector128<sbyte> w = v[i & (Cycle - 1)];
            a0 = AdvSimd.AddPairwiseWideningAndAdd(a0, Product(w, b0));
            a1 = AdvSimd.AddPairwiseWideningAndAdd(a1, Product(w, b1));
            a2 = AdvSimd.AddPairwiseWideningAndAdd(a2, Product(w, b2));
            a3 = AdvSimd.AddPairwiseWideningAndAdd(a3, Product(w, b3));
            a4 = AdvSimd.AddPairwiseWideningAndAdd(a4, Product(w, b4));
            a5 = AdvSimd.AddPairwiseWideningAndAdd(a5, Product(w, b5));
            a6 = AdvSimd.AddPairwiseWideningAndAdd(a6, Product(w, b6));
            a7 = AdvSimd.AddPairwiseWideningAndAdd(a7, Product(w, b7));
        }

        return Vector128.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Product(Vector128<sbyte> w, Vector128<sbyte> b) =>
        AdvSimd.MultiplyWideningUpperAndAdd(AdvSimd.MultiplyWideningLower(w.GetLower(), b.GetLower()), w, b);
}
