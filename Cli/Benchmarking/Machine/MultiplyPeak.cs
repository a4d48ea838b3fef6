using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Llamalith.Cli.Benchmarking.Machine;

/// <summary>
/// How many multiply-adds some threads can do: the ceiling of prompts, in 8-bit integers or in floats as the weights are.
/// </summary>
internal sealed unsafe class MultiplyPeak
{
    private const double MeasuredSeconds = 0.05;
    private const double TriedSeconds = 0.01;
    private const int CycleBytes = MultiplyKernels.Cycle * 64;

    private readonly int threads;
    private readonly Method method;
    private readonly int iterations;

    /// <summary>Tries every way that this processor has.</summary>
    /// <param name="integers">8-bit integers; else floats.</param>
    /// <param name="threads">Threads that multiply at once.</param>
    public MultiplyPeak(bool integers, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        this.threads = threads;
        Method? best = null;
        double most = 0;
        foreach (Method candidate in integers ? Integers() : Floats())
        {
            iterations = 1 << 16;
            double seconds = candidate.Multiplies(iterations) * threads / (Measure(candidate) * 1e9);
            iterations = (int)Math.Clamp(iterations * (TriedSeconds / seconds), 1, int.MaxValue);
            double rate = Math.Max(Measure(candidate), Measure(candidate));
            if (rate > most)
                (best, most) = (candidate, rate);
        }

        method = best ?? throw new InvalidOperationException("There is no way of multiplying.");
        iterations = (int)Math.Clamp(MeasuredSeconds * most * 1e9 / threads / method.Multiplies(1), 1, int.MaxValue);
    }

    private delegate int Kernel(byte* data, int iterations);

    private delegate void Preparation(byte* data);

    /// <summary>The way of multiplying that was the fastest.</summary>
    public string MethodName => method.Name;

    /// <summary>Measures once, for about a twentieth of a second.</summary>
    /// <returns>Multiply-adds per second, in units of 10^9.</returns>
    public double MeasureGigamultiplies() => Measure(method);

    private double Measure(Method candidate)
    {
        double seconds = ThreadGate.Seconds(threads, _ =>
        {
            byte* data = (byte*)NativeMemory.AlignedAlloc(CycleBytes, 64);
            candidate.Prepare(data);
            candidate.Kernel(data, iterations);
            NativeMemory.AlignedFree(data);
        });
        return candidate.Multiplies(iterations) * threads / seconds / 1e9;
    }

    private static List<Method> Floats()
    {
        List<Method> all = [new("128-bit FMA", 4, PrepareFloats, MultiplyKernels.Float128)];
        if (Vector256.IsHardwareAccelerated)
            all.Add(new("256-bit FMA", 8, PrepareFloats, MultiplyKernels.Float256));
        if (Vector512.IsHardwareAccelerated)
            all.Add(new("512-bit FMA", 16, PrepareFloats, MultiplyKernels.Float512));
        return all;
    }

    private static List<Method> Integers()
    {
        List<Method> all = [];
        if (Avx2.IsSupported)
            all.Add(new("256-bit vpmaddubsw", 32, PrepareIntegers, MultiplyKernels.Int256));
        if (Avx512BW.IsSupported)
            all.Add(new("512-bit vpmaddubsw", 64, PrepareIntegers, MultiplyKernels.Int512));
        if (AvxVnni.IsSupported)
            all.Add(new("256-bit vpdpbusd", 32, PrepareIntegers, MultiplyKernels.IntVnni));
        if (AdvSimd.IsSupported)
            all.Add(new("smull and sadalp", 16, PrepareIntegers, MultiplyKernels.IntNeon));
        if (Dp.IsSupported)
            all.Add(new("sdot", 16, PrepareIntegers, MultiplyKernels.IntDot));

        // A processor with none of them multiplies its integers as floats.
        return all.Count > 0 ? all : Floats();
    }

    // Small, and of both signs, so that sums neither overflow nor become denormal, which would be slow.
    private static void PrepareFloats(byte* data)
    {
        for (int i = 0; i < CycleBytes / sizeof(float); i++)
            ((float*)data)[i] = (i & 1) == 0 ? 0.5f : -0.5f;
    }

    private static void PrepareIntegers(byte* data)
    {
        for (int i = 0; i < CycleBytes; i++)
            data[i] = (byte)(i & 15);
    }

    private sealed record Method(string Name, int Lanes, Preparation Prepare, Kernel Kernel)
    {
        public double Multiplies(int iterations) => (double)iterations * MultiplyKernels.PerIteration * Lanes;
    }
}
