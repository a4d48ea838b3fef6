using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks.Baselines;

/// <summary>
/// Reads a block of memory once, each thread one contiguous share of it, and does nothing else with it: the bandwidth that a
/// stream of weights can have. Huge pages are asked for, as for weights. Which way of reading is the fastest depends on the
/// machine, so there are several.
/// </summary>
internal sealed unsafe class ReadLoop : ITeamJob, IDisposable
{
    // Floats ahead that are prefetched: 4 KiB.
    private const int Ahead = 1024;

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

    /// <summary>How it is read.</summary>
    public ReadPattern Pattern { get; set; }

    /// <summary>Bytes read in one run.</summary>
    public long Bytes => _memory.Length;

    /// <inheritdoc/>
    public void Execute(int rank)
    {
        (int begin, int end) = WorkerTeam.Share(checked((int)(Bytes / 512)), rank, _team.Size);
        float* from = (float*)_memory.Data + (begin * 128L), to = (float*)_memory.Data + (end * 128L);
        _sums[rank * 16] = Pattern switch
        {
            ReadPattern.Prefetched when Sse.IsSupported => Prefetched(from, to),
            ReadPattern.FourStreams when Sse.IsSupported => FourStreams(from, (int)((to - from) / 4 & ~31)),
            _ => Avx512F.IsSupported ? Read512(from, to) : Read256(from, to),
        };
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
    private static float Prefetched(float* from, float* to)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (; from < to; from += 32)
        {
            Sse.Prefetch0(from + Ahead);
            Sse.Prefetch0(from + Ahead + 16);
            a += *(Vector256<float>*)from;
            b += *(Vector256<float>*)(from + 8);
            c += *(Vector256<float>*)(from + 16);
            d += *(Vector256<float>*)(from + 24);
        }

        return Vector256.Sum(a + b + c + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float FourStreams(float* from, int length)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (float* stop = from + length; from < stop; from += 16)
        {
            float* second = from + length, third = second + length, fourth = third + length;
            Sse.Prefetch0(from + Ahead);
            Sse.Prefetch0(second + Ahead);
            Sse.Prefetch0(third + Ahead);
            Sse.Prefetch0(fourth + Ahead);
            a += *(Vector256<float>*)from + *(Vector256<float>*)(from + 8);
            b += *(Vector256<float>*)second + *(Vector256<float>*)(second + 8);
            c += *(Vector256<float>*)third + *(Vector256<float>*)(third + 8);
            d += *(Vector256<float>*)fourth + *(Vector256<float>*)(fourth + 8);
        }

        return Vector256.Sum(a + b + c + d);
    }
}
