using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Llamalith.Contracts;

namespace Llamalith.Cli.Benchmarking.Machine;

/// <summary>
/// How fast some threads can read a buffer as large as a model's weights: the ceiling of decoding, which reads every weight once a
/// token. Each thread reads a part of its own from start to end, again and again.
/// </summary>
internal sealed unsafe class ReadBandwidth : IDisposable
{
    // Beyond this no cache holds any part of it until the next pass, so a larger buffer tells nothing more.
    private const long MostBytes = 1L << 30;
    private const double MeasuredSeconds = 0.15;
    private const double TriedSeconds = 0.03;

    private readonly NativeBuffer buffer;
    private readonly int threads;
    private readonly nuint share;
    private readonly Method method;
    private int passes = 1;

    /// <summary>Allocates the buffer and tries every way of reading it.</summary>
    /// <param name="weightBytes">Bytes that decoding a token reads.</param>
    /// <param name="threads">Threads that read at once.</param>
    public ReadBandwidth(long weightBytes, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weightBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        this.threads = threads;

        // A share's quarters must be whole grains, too. Every page is written: untouched ones are all the same page of zeros.
        const int ShareGrain = 4 * ReadKernels.Grain;
        long perThread = Math.Max(ShareGrain, Math.Min(weightBytes, MostBytes) / threads / ShareGrain * ShareGrain);
        share = (nuint)perThread;
        buffer = new NativeBuffer(perThread * threads, hugePages: true);
        NativeMemory.Fill(buffer.Data, (nuint)buffer.Length, 0x11);
        method = Best();
    }

    private delegate ulong Kernel(byte* data, nuint bytes);

    /// <summary>Bytes that a pass of all threads reads.</summary>
    public long Bytes => (long)share * threads;

    /// <summary>The way of reading that was the fastest.</summary>
    public string MethodName => method.Name;

    /// <summary>Measures once, for about a seventh of a second.</summary>
    /// <returns>Bytes per second, in units of 10^9.</returns>
    public double MeasureGigabytes() => Measure(method);

    public void Dispose() => buffer.Dispose();

    private Method Best()
    {
        Method? best = null;
        double most = 0;
        foreach (Method candidate in Candidates())
        {
            // The first pass compiles the loop and finds out how many passes the time is enough for.
            passes = 1;
            double seconds = Bytes / (Measure(candidate) * 1e9);
            passes = Math.Clamp((int)(TriedSeconds / seconds), 1, 1 << 20);
            double rate = Math.Max(Measure(candidate), Measure(candidate));
            if (rate > most)
                (best, most) = (candidate, rate);
        }

        passes = Math.Clamp((int)(MeasuredSeconds * most * 1e9 / Bytes), 1, 1 << 20);
        return best ?? throw new InvalidOperationException("There is no way of reading memory.");
    }

    private double Measure(Method candidate)
    {
        double seconds = ThreadGate.Seconds(threads, index =>
        {
            byte* part = buffer.Data + ((nuint)index * share);
            for (int i = 0; i < passes; i++)
                candidate.Kernel(part, share);
        });
        return (double)Bytes * passes / seconds / 1e9;
    }

    private static List<Method> Candidates()
    {
        List<Method> all = [];
        if (Vector512.IsHardwareAccelerated)
        {
            all.Add(new("512-bit loads", ReadKernels.One512));
            all.Add(new("512-bit loads in four streams", ReadKernels.Four512));
            if (Sse.IsSupported)
                all.Add(new("512-bit loads, prefetched", ReadKernels.One512Prefetched));
        }

        if (Vector256.IsHardwareAccelerated)
        {
            all.Add(new("256-bit loads", ReadKernels.One256));
            if (Sse.IsSupported)
                all.Add(new("256-bit loads, prefetched", ReadKernels.One256Prefetched));
        }

        all.Add(new("128-bit loads", ReadKernels.One128));
        return all;
    }

    private sealed record Method(string Name, Kernel Kernel);
}
