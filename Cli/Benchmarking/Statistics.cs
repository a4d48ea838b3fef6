using System;

namespace Llamalith.Cli.Benchmarking;

/// <summary>What repeated measurements say. Medians, for a shared machine has outliers to one side only.</summary>
internal static class Statistics
{
    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static double Median(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
            throw new ArgumentException("There is no value to take the median of.", nameof(values));
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Half the distance from the least to the greatest value, as a share of the median.</summary>
    public static double Spread(ReadOnlySpan<double> values)
    {
        double least = double.PositiveInfinity, greatest = double.NegativeInfinity;
        foreach (double value in values)
        {
            least = Math.Min(least, value);
            greatest = Math.Max(greatest, value);
        }

        return (greatest - least) / 2 / Median(values);
    }

    /// <summary>
    /// The median of the quotients of values measured in the same round. Where the machine's speed swings from round to round
    /// both sides swing with it, and the quotient does not.
    /// </summary>
    /// <exception cref="ArgumentException">The numbers of rounds differ.</exception>
    public static double MedianRatio(ReadOnlySpan<double> numerators, ReadOnlySpan<double> denominators)
    {
        if (numerators.Length != denominators.Length)
            throw new ArgumentException($"{numerators.Length} rounds cannot be paired with {denominators.Length}.", nameof(denominators));
        double[] ratios = new double[numerators.Length];
        for (int i = 0; i < ratios.Length; i++)
            ratios[i] = numerators[i] / denominators[i];
        return Median(ratios);
    }
}
