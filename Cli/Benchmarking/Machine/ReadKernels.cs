using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Llamalith.Cli.Benchmarking.Machine;

/// <summary>
/// Loops that read memory and do next to nothing with it. Which is fastest differs between processors, so all are tried. The length
/// is a multiple of <see cref="Grain"/>; the result only keeps the loads from being optimised away.
/// </summary>
internal static unsafe class ReadKernels
{
    /// <summary>Bytes that every length is a multiple of.</summary>
    public const int Grain = 4096;

    private const int PrefetchAhead = 4096;
    private const int Streams = 4;

    /// <summary>One stream of 512-bit loads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong One512(byte* data, nuint bytes)
    {
        Vector512<ulong> a = default, b = default, c = default, d = default;
        for (byte* p = data, end = data + bytes; p < end; p += 512)
        {
            a |= *(Vector512<ulong>*)p;
            b |= *(Vector512<ulong>*)(p + 64);
            c |= *(Vector512<ulong>*)(p + 128);
            d |= *(Vector512<ulong>*)(p + 192);
            a |= *(Vector512<ulong>*)(p + 256);
            b |= *(Vector512<ulong>*)(p + 320);
            c |= *(Vector512<ulong>*)(p + 384);
            d |= *(Vector512<ulong>*)(p + 448);
        }

        return Vector512.Sum(a | b | c | d);
    }

    /// <summary>One stream of 512-bit loads, each line asked for some lines ahead.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong One512Prefetched(byte* data, nuint bytes)
    {
        Vector512<ulong> a = default, b = default, c = default, d = default;
        for (byte* p = data, end = data + bytes; p < end; p += 256)
        {
            Sse.Prefetch0(p + PrefetchAhead);
            Sse.Prefetch0(p + PrefetchAhead + 64);
            Sse.Prefetch0(p + PrefetchAhead + 128);
            Sse.Prefetch0(p + PrefetchAhead + 192);
            a |= *(Vector512<ulong>*)p;
            b |= *(Vector512<ulong>*)(p + 64);
            c |= *(Vector512<ulong>*)(p + 128);
            d |= *(Vector512<ulong>*)(p + 192);
        }

        return Vector512.Sum(a | b | c | d);
    }

    /// <summary>Four streams of 512-bit loads, each through a quarter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Four512(byte* data, nuint bytes)
    {
        nuint quarter = bytes / Streams;
        Vector512<ulong> a = default, b = default, c = default, d = default;
        for (byte* p = data, end = data + quarter; p < end; p += 128)
        {
            a |= *(Vector512<ulong>*)p;
            b |= *(Vector512<ulong>*)(p + quarter);
            c |= *(Vector512<ulong>*)(p + (2 * quarter));
            d |= *(Vector512<ulong>*)(p + (3 * quarter));
            a |= *(Vector512<ulong>*)(p + 64);
            b |= *(Vector512<ulong>*)(p + quarter + 64);
            c |= *(Vector512<ulong>*)(p + (2 * quarter) + 64);
            d |= *(Vector512<ulong>*)(p + (3 * quarter) + 64);
        }

        return Vector512.Sum(a | b | c | d);
    }

    /// <summary>One stream of 256-bit loads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong One256(byte* data, nuint bytes)
    {
        Vector256<ulong> a = default, b = default, c = default, d = default;
        for (byte* p = data, end = data + bytes; p < end; p += 256)
        {
            a |= *(Vector256<ulong>*)p;
            b |= *(Vector256<ulong>*)(p + 32);
            c |= *(Vector256<ulong>*)(p + 64);
            d |= *(Vector256<ulong>*)(p + 96);
            a |= *(Vector256<ulong>*)(p + 128);
            b |= *(Vector256<ulong>*)(p + 160);
            c |= *(Vector256<ulong>*)(p + 192);
            d |= *(Vector256<ulong>*)(p + 224);
        }

        return Vector256.Sum(a | b | c | d);
    }

    /// <summary>One stream of 256-bit loads, each line asked for some lines ahead.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong One256Prefetched(byte* data, nuint bytes)
    {
        Vector256<ulong> a = default, b = default, c = default, d = default;
        for (byte* p = data, end = data + bytes; p < end; p += 128)
        {
            Sse.Prefetch0(p + PrefetchAhead);
            Sse.Prefetch0(p + PrefetchAhead + 64);
            a |= *(Vector256<ulong>*)p;
            b |= *(Vector256<ulong>*)(p + 32);
            c |= *(Vector256<ulong>*)(p + 64);
            d |= *(Vector256<ulong>*)(p + 96);
        }

        return Vector256.Sum(a | b | c | d);
    }

    /// <summary>One stream of 128-bit loads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong One128(byte* data, nuint bytes)
    {
        Vector128<ulong> a = default, b = default, c = default, d = default;
        for (byte* p = data, end = data + bytes; p < end; p += 128)
        {
            a |= *(Vector128<ulong>*)p;
            b |= *(Vector128<ulong>*)(p + 16);
            c |= *(Vector128<ulong>*)(p + 32);
            d |= *(Vector128<ulong>*)(p + 48);
            a |= *(Vector128<ulong>*)(p + 64);
            b |= *(Vector128<ulong>*)(p + 80);
            c |= *(Vector128<ulong>*)(p + 96);
            d |= *(Vector128<ulong>*)(p + 112);
        }

        return Vector128.Sum(a | b | c | d);
    }
}
