using System;
using System.Globalization;

namespace Llamalith.Cli.Benchmarking;

/// <summary>
/// How far two engines' logits agree on the same tokens, so that a fast wrong answer shows. Two sound engines differ by their
/// rounding of activations and cache: cosines of 0.999 and more, and another argmax only where two tokens are nearly equal.
/// </summary>
internal sealed class LogitsAgreement
{
    /// <summary>Positions compared.</summary>
    public int Positions { get; private set; }

    /// <summary>Positions at which both put the same token first.</summary>
    public int SameArgmax { get; private set; }

    /// <summary>Smallest cosine of the two logit vectors.</summary>
    public double LeastCosine { get; private set; } = 1;

    /// <summary>Largest absolute difference of two logits.</summary>
    public double LargestDifference { get; private set; }

    /// <summary>Standard deviation of the first engine's logits where the largest difference was, to judge that by.</summary>
    public double Deviation { get; private set; }

    /// <summary>Positions at which a logit was not a finite number in either.</summary>
    public int NonFinite { get; private set; }

    /// <summary>Compares one position's logits.</summary>
    /// <exception cref="ArgumentException">The lengths differ, or are zero.</exception>
    public void Add(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        if (first.Length != second.Length || first.IsEmpty)
            throw new ArgumentException($"{first.Length} logits cannot be compared with {second.Length}.", nameof(second));
        double dot = 0, firstSquares = 0, secondSquares = 0, sum = 0, difference = 0;
        bool finite = true;
        for (int i = 0; i < first.Length; i++)
        {
            double a = first[i], b = second[i];
            finite &= double.IsFinite(a) && double.IsFinite(b);
            dot += a * b;
            firstSquares += a * a;
            secondSquares += b * b;
            sum += a;
            difference = Math.Max(difference, Math.Abs(a - b));
        }

        Positions++;
        if (!finite)
        {
            NonFinite++;
            LeastCosine = -1;
            LargestDifference = double.PositiveInfinity;
            return;
        }

        if (ArgMax(first) == ArgMax(second))
            SameArgmax++;

        // Two vectors of zeros are equal, whatever their angle.
        double lengths = Math.Sqrt(firstSquares) * Math.Sqrt(secondSquares);
        double cosine = lengths > 0 ? dot / lengths : firstSquares == secondSquares ? 1 : 0;
        LeastCosine = Math.Min(LeastCosine, cosine);
        if (difference >= LargestDifference)
        {
            LargestDifference = difference;
            double mean = sum / first.Length;
            Deviation = Math.Sqrt(Math.Max(0, (firstSquares / first.Length) - (mean * mean)));
        }
    }

    /// <summary>The index of the greatest logit, the first of equal ones.</summary>
    public static int ArgMax(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }

        return best;
    }

    /// <summary>The comparison in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"same argmax at {SameArgmax} of {Positions} positions, cosine at least {LeastCosine:0.000000}, largest difference "
            + $"{LargestDifference:0.####} (logits' deviation {Deviation:0.####})")
        + (NonFinite > 0 ? string.Create(CultureInfo.InvariantCulture, $", NOT FINITE at {NonFinite}") : "");
}
