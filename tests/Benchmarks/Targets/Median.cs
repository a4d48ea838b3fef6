using System;
using System.Collections.Generic;

namespace Llamalith.Benchmarks.Targets;

/// <summary>Medians of measurements that take turns, so that a machine that slows down slows them all.</summary>
internal static class Median
{
    /// <summary>Runs each measurement once to warm up, then all of them in turn, again and again.</summary>
    public static double[] Interleaved(int repeats, params Func<double>[] measurements)
    {
        List<double>[] all = new List<double>[measurements.Length];
        for (int i = 0; i < measurements.Length; i++)
        {
            all[i] = [];
            measurements[i]();
        }

        for (int repeat = 0; repeat < repeats; repeat++)
        {
            for (int i = 0; i < measurements.Length; i++)
                all[i].Add(measurements[i]());
        }

        return Array.ConvertAll(all, Of);
    }

    public static double Of(List<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
