using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Tuner;

/// <summary>
/// Chooses the fastest of some candidates that all do the same, by measuring them in turn. The first one is kept unless another is clearly
/// faster, and is so again when the two are measured once more: noise never makes anything slower.
/// </summary>
/// <param name="measure">Runs a candidate once and returns the seconds that it took.</param>
/// <param name="isOver">Whether there is time for no more.</param>
internal sealed class Chooser(Func<int, double> measure, Func<bool> isOver)
{
    /// <summary>What another candidate must be faster by.</summary>
    public const double Margin = 0.03;

    private const int FewestRounds = 3;

    /// <summary>How often each candidate is measured.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Measures and chooses.</summary>
    /// <param name="candidates">How many there are.</param>
    /// <returns>The one chosen, and the median seconds of each: NaN where there was no time to measure it.</returns>
    public (int Best, double[] Medians) Choose(int candidates)
    {
        double[] medians = new double[candidates];
        Array.Fill(medians, double.NaN);
        int best = 0;
        if (candidates < 2)
            return (best, medians);

        // A first run compiles code and fetches pages; it says nothing.
        int ready = 0;
        for (; ready < candidates && !isOver(); ready++)
            _ = measure(ready);
        List<double[]> rounds = Run([.. Enumerable.Range(0, ready)], Rounds);
        if (ready < 2 || rounds.Count < FewestRounds)
            return (best, medians);
        for (int candidate = 0; candidate < ready; candidate++)
        {
            medians[candidate] = Median(rounds, round => round[candidate]);
            if (Ratio(rounds, candidate) < Ratio(rounds, best))
                best = candidate;
        }

        if (best == 0 || !IsClear(rounds, best) || !IsClear(Run([0, best], Rounds, toTheEnd: true), 1))
            best = 0;
        return (best, medians);
    }

    // Each round begins with another candidate, so that none is always measured in the wake of the same one.
    private List<double[]> Run(int[] candidates, int most, bool toTheEnd = false)
    {
        List<double[]> rounds = [];
        while (candidates.Length > 1 && rounds.Count < most && (toTheEnd || !isOver()))
        {
            double[] round = new double[candidates.Length];
            for (int i = 0; i < round.Length; i++)
            {
                int place = (i + rounds.Count) % round.Length;
                round[place] = measure(candidates[place]);
            }

            rounds.Add(round);
        }

        return rounds;
    }

    private static bool IsClear(List<double[]> rounds, int candidate) => Ratio(rounds, candidate) <= 1 - Margin;

    // Within a round the machine was in one state, more or less.
    private static double Ratio(List<double[]> rounds, int candidate) => Median(rounds, round => round[candidate] / round[0]);

    private static double Median(List<double[]> rounds, Func<double[], double> value)
    {
        double[] sorted = new double[rounds.Count];
        for (int i = 0; i < sorted.Length; i++)
            sorted[i] = value(rounds[i]);
        Array.Sort(sorted);
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
