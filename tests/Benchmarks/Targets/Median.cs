using System;

namespace Llamalith.Benchmarks.Targets;

/// <summary>Medians of measurements that take turns, so that a machine that slows down slows them all.</summary>
internal static class Median
{
    /// <summary>Runs each measurement once to warm up, then all of them in turn, again and again: [measurement][repeat].</summary>
    public static double[][] Interleaved(int repeats, params Func<double>[] measurements)
    {
        double[][] all = Array.ConvertAll(measurements, _ => new double[repeats]);
        foreach (Func<double> measurement in measurements)
            measurement();
        for (int repeat = 0; repeat < repeats; repeat++)
        {
            for (int i = 0; i < measurements.Length; i++)
                all[i][repeat] = measurements[i]();
        }

        return all;
    }

    /// <summary>The median of the ratios within each turn.</summary>
    public static double OfRatios(double[] numerators, double[] denominators)
    {
        double[] ratios = new double[numerators.Length];
        for (int i = 0; i < ratios.Length; i++)
            ratios[i] = numerators[i] / denominators[i];
        return Of(ratios);
    }

    public static double Of(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
