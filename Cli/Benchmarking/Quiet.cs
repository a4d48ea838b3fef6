using System;
using System.Diagnostics;
using System.Threading;

namespace Llamalith.Cli.Benchmarking;

/// <summary>
/// Waits until this process rests. Worker threads spin for a while after their work is done, and one engine's must not take
/// processors from the other's measurement.
/// </summary>
internal static class Quiet
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(1);

    /// <summary>Returns once the process uses less than a tenth of one processor, or after a second.</summary>
    /// <returns>Whether it became quiet.</returns>
    public static bool Wait()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Most)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long window = Stopwatch.GetTimestamp();
            Thread.Sleep(Window);
            if ((Environment.CpuUsage.TotalTime - before) * 10 < Stopwatch.GetElapsedTime(window))
                return true;
        }

        return false;
    }
}
