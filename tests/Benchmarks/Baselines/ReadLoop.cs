using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks.Baselines;

/// <summary>
/// Reads a block of memory once, each thread one contiguous share of it from front to back, and does nothing else with it: the
/// bandwidth that a stream of weights can have. Huge pages are asked for, as for weights.
/// </summary>
internal sealed unsafe class ReadLoop : ITeamJob, IDisposable
{
    private readonly NativeBuffer _memory;
    private readonly WorkerTeam _team;
    private readonly float[] _sums;

    public ReadLoop(long bytes, WorkerTeam team)
    {
        _team = team;
        _sums = new float[team.Size * 16];
        _memory = new NativeBuffer(bytes, hugePages: true);

        // Touched, or every page would be the one page of zeros.
        new Span<float>(_memory.Data, checked((int)(bytes / sizeof(float)))).Fill(1e-9f);
    }

    /// <summary>Bytes ahead that are prefetched; 0 leaves it to the hardware.</summary>
    public int PrefetchDistance { get; init; }

    /// <summary>Bytes read in one run.</summary>
    public long Bytes => _memory.Length;

    /// <inheritdoc/>
    public void Execute(int rank)
    {
        (int begin, int end) = WorkerTeam.Share(checked((int)(Bytes / 512)), rank, _team.Size);
        float* from = (float*)_memory.Data + (begin * 128L), to = (float*)_memory.Data + (end * 128L);
        _sums[rank * 16] = PrefetchDistance > 0 && Sse.IsSupported
            ? Prefetched(from, to, PrefetchDistance / sizeof(float))
            : Avx512F.IsSupported ? Read512(from, to) : Read256(from, to);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Read512(float* from, float* to)
    {
        Vector512<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (; from < to; from += 128)
        {
            a += *(Vector512<float>*)from;
            b += *(Vector512<float>*)(from + 16);
            c += *(Vector512<float>*)(from + 32);
            d += *(Vector512<float>*)(from + 48);
            e += *(Vector512<float>*)(from + 64);
            f += *(Vector512<float>*)(from + 80);
            g += *(Vector512<float>*)(from + 96);
            h += *(Vector512<float>*)(from + 112);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h);
    }

    // Where 256-bit vectors are two of 128 bits, this is as good a loop as any.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Read256(float* from, float* to)
    {
        Vector256<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (; from < to; from += 64)
        {
            a += *(Vector256<float>*)from;
            b += *(Vector256<float>*)(from + 8);
            c += *(Vector256<float>*)(from + 16);
            d += *(Vector256<float>*)(from + 24);
            e += *(Vector256<float>*)(from + 32);
            f += *(Vector256<float>*)(from + 40);
            g += *(Vector256<float>*)(from + 48);
            h += *(Vector256<float>*)(from + 56);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h);
    }

    // A prefetch beyond the end is harmless: it never faults.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Prefetched(float* from, float* to, int ahead)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (; from < to; from += 32)
        {
            Sse.Prefetch0(from + ahead);
            Sse.Prefetch0(from + ahead + 16);
            a += *(Vector256<float>*)from;
            b += *(Vector256<float>*)(from + 8);
            c += *(Vector256<float>*)(from + 16);
            d += *(Vector256<float>*)(from + 24);
        }

        return Vector256.Sum(a + b + c + d);
    }
}
