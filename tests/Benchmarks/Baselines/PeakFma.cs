using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks.Baselines;

/// <summary>
/// The most float multiply-adds that the machine does: independent chains of fused multiply-adds that never leave the
/// registers, in the widest vectors there are. What no matrix product can beat.
/// </summary>
internal sealed class PeakFma : ITeamJob
{
    // Chains enough to hide a latency of four cycles on two units, with some to spare.
    private const int Chains = 12;

    // A cache line for each thread's result.
    private const int Spread = 16;

    private readonly float[] _results;
    private readonly int _rounds;

    /// <summary>A loop of about that many floating-point operations, shared evenly by the threads.</summary>
    public PeakFma(double flops, int threads)
    {
        _results = new float[threads * Spread];
        _rounds = checked((int)(flops / threads / FlopsPerRound));
        Flops = (double)_rounds * FlopsPerRound * threads;
    }

    /// <summary>Floating-point operations of one run on all threads.</summary>
    public double Flops { get; }

    private static int FlopsPerRound => 2 * Chains * (Avx512F.IsSupported ? 16 : Fma.IsSupported ? 8 : 4);

    /// <inheritdoc/>
    public void Execute(int rank)
    {
        float factor = 1 - (rank * 1e-9f);
        _results[rank * Spread] =
            Avx512F.IsSupported ? Run512(factor, _rounds) : Fma.IsSupported ? Run256(factor, _rounds) : Run128(factor, _rounds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run512(float factor, int rounds)
    {
        Vector512<float> f = Vector512.Create(factor), t = Vector512.Create(1e-7f);
        Vector512<float> a = t, b = t, c = t, d = t, e = t, g = t, h = t, i = t, j = t, k = t, l = t, m = t;
        for (int round = 0; round < rounds; round++)
        {
            a = Avx512F.FusedMultiplyAdd(a, f, t);
            b = Avx512F.FusedMultiplyAdd(b, f, t);
            c = Avx512F.FusedMultiplyAdd(c, f, t);
            d = Avx512F.FusedMultiplyAdd(d, f, t);
            e = Avx512F.FusedMultiplyAdd(e, f, t);
            g = Avx512F.FusedMultiplyAdd(g, f, t);
            h = Avx512F.FusedMultiplyAdd(h, f, t);
            i = Avx512F.FusedMultiplyAdd(i, f, t);
            j = Avx512F.FusedMultiplyAdd(j, f, t);
            k = Avx512F.FusedMultiplyAdd(k, f, t);
            l = Avx512F.FusedMultiplyAdd(l, f, t);
            m = Avx512F.FusedMultiplyAdd(m, f, t);
        }

        return Vector512.Sum(a + b + c + d + e + g + h + i + j + k + l + m);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run256(float factor, int rounds)
    {
        Vector256<float> f = Vector256.Create(factor), t = Vector256.Create(1e-7f);
        Vector256<float> a = t, b = t, c = t, d = t, e = t, g = t, h = t, i = t, j = t, k = t, l = t, m = t;
        for (int round = 0; round < rounds; round++)
        {
            a = Fma.MultiplyAdd(a, f, t);
            b = Fma.MultiplyAdd(b, f, t);
            c = Fma.MultiplyAdd(c, f, t);
            d = Fma.MultiplyAdd(d, f, t);
            e = Fma.MultiplyAdd(e, f, t);
            g = Fma.MultiplyAdd(g, f, t);
            h = Fma.MultiplyAdd(h, f, t);
            i = Fma.MultiplyAdd(i, f, t);
            j = Fma.MultiplyAdd(j, f, t);
            k = Fma.MultiplyAdd(k, f, t);
            l = Fma.MultiplyAdd(l, f, t);
            m = Fma.MultiplyAdd(m, f, t);
        }

        return Vector256.Sum(a + b + c + d + e + g + h + i + j + k + l + m);
    }

    // x86 without FMA has no fused form, and the runtime then multiplies and adds.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run128(float factor, int rounds)
    {
        Vector128<float> f = Vector128.Create(factor), t = Vector128.Create(1e-7f);
        Vector128<float> a = t, b = t, c = t, d = t, e = t, g = t, h = t, i = t, j = t, k = t, l = t, m = t;
        for (int round = 0; round < rounds; round++)
        {
            a = Vector128.MultiplyAddEstimate(a, f, t);
            b = Vector128.MultiplyAddEstimate(b, f, t);
            c = Vector128.MultiplyAddEstimate(c, f, t);
            d = Vector128.MultiplyAddEstimate(d, f, t);
            e = Vector128.MultiplyAddEstimate(e, f, t);
            g = Vector128.MultiplyAddEstimate(g, f, t);
            h = Vector128.MultiplyAddEstimate(h, f, t);
            i = Vector128.MultiplyAddEstimate(i, f, t);
            j = Vector128.MultiplyAddEstimate(j, f, t);
            k = Vector128.MultiplyAddEstimate(k, f, t);
            l = Vector128.MultiplyAddEstimate(l, f, t);
            m = Vector128.MultiplyAddEstimate(m, f, t);
        }

        return Vector128.Sum(a + b + c + d + e + g + h + i + j + k + l + m);
    }
}
