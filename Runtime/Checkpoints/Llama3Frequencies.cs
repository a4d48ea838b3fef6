using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Checkpoints;

/// <summary>
/// Llama 3.1's stretching of rotary frequencies, which GGUF files carry as the divisor of each. Turns that fit the original context more
/// often than the high-frequency factor are left alone, those that fit it less often than the low-frequency factor are stretched by the
/// whole factor, and between them 1 / divisor goes linearly with the number of turns.
/// </summary>
internal static class Llama3Frequencies
{
    public const double UsualLowFrequencyFactor = 1, UsualHighFrequencyFactor = 4;
    public const int UsualOriginalContext = 8192;

    // Divisors are 32-bit floats that several programs compute, some of them in 32 bits throughout.
    private const double Tolerance = 1e-4;

    /// <summary>The divisors [HeadDim / 2] of a model whose <see cref="ModelShape.RopeScaling"/> is Llama3.</summary>
    public static float[] Divisors(ModelShape shape)
    {
        double low = shape.RopeScalingLowFrequencyFactor ?? UsualLowFrequencyFactor;
        double high = shape.RopeScalingHighFrequencyFactor ?? UsualHighFrequencyFactor;
        double context = shape.RopeScalingOriginalContext ?? UsualOriginalContext, factor = shape.RopeScalingFactor ?? 1;
        float[] divisors = new float[shape.Rotated / 2];
        for (int i = 0; i < divisors.Length; i++)
        {
            double kept = Math.Clamp(((context * TurnsAPosition(shape, i)) - low) / (high - low), 0, 1);
            divisors[i] = (float)(1 / (((1 - kept) / factor) + kept));
        }

        return divisors;
    }

    /// <summary>
    /// The shape with what divisors say of the scaling, or null where they do not follow the rule. They fix the low-frequency factor, the
    /// high-frequency one and the original context only up to a common factor: the low one is taken as 1, its usual value.
    /// </summary>
    /// <param name="shape">The rest of the hyperparameters; the numbers of the scaling, where it has them, are tried first.</param>
    /// <param name="divisors">One for each pair of a head, positive and finite.</param>
    public static ModelShape? Fit(ModelShape shape, ReadOnlySpan<float> divisors)
    {
        if (divisors.Length != shape.Rotated / 2)
            return null;
        double factor = 0;
        foreach (float divisor in divisors)
            factor = Math.Max(factor, divisor);
        ModelShape given = shape with { RopeScaling = RopeScaling.Llama3, RopeScalingFactor = factor };
        if (Follows(given, divisors))
            return given;

        // kept = a · turns - b, through all pairs between the ends; a = context / (high - low), b = low / (high - low).
        List<(double Turns, double Kept)> between = [];
        for (int i = 0; i < divisors.Length; i++)
        {
            double kept = ((1.0 / divisors[i]) - (1 / factor)) / (1 - (1 / factor));
            if (kept is > 1e-3 and < 1 - 1e-3)
                between.Add((TurnsAPosition(shape, i), kept));
        }

        if (between.Count < 2)
            return FitUsual(given, divisors, between);
        double meanTurns = between.Average(pair => pair.Turns), meanKept = between.Average(pair => pair.Kept);
        double a = between.Sum(pair => (pair.Turns - meanTurns) * (pair.Kept - meanKept))
            / between.Sum(pair => (pair.Turns - meanTurns) * (pair.Turns - meanTurns));
        double b = (a * meanTurns) - meanKept;
        if (!(a > 0 && b > 0 && a / b is >= 0.5 and < int.MaxValue))
            return null;
        ModelShape fitted = given with
        {
            RopeScalingLowFrequencyFactor = 1,
            RopeScalingHighFrequencyFactor = Rounded(1 + (1 / b)),
            RopeScalingOriginalContext = (int)Math.Round(a / b),
        };
        return Follows(fitted, divisors) ? fitted : null;
    }

    // Heads of few pairs leave the rule open: the usual factors, and the context that goes with what is there.
    private static ModelShape? FitUsual(ModelShape shape, ReadOnlySpan<float> divisors, List<(double Turns, double Kept)> between)
    {
        double context;
        if (between.Count == 1)
        {
            context = (UsualLowFrequencyFactor + (between[0].Kept * (UsualHighFrequencyFactor - UsualLowFrequencyFactor))) / between[0].Turns;
        }
        else
        {
            double least = 0, most = double.PositiveInfinity;
            for (int i = 0; i < divisors.Length; i++)
            {
                if (divisors[i] < 1 + Tolerance)
                    least = Math.Max(least, UsualHighFrequencyFactor / TurnsAPosition(shape, i));
                else
                    most = Math.Min(most, UsualLowFrequencyFactor / TurnsAPosition(shape, i));
            }

            context = double.IsInfinity(most) ? least : least == 0 ? most : Math.Sqrt(least * most);
        }

        if (!(context is >= 0.5 and < int.MaxValue))
            return null;
        ModelShape fitted = shape with
        {
            RopeScalingLowFrequencyFactor = UsualLowFrequencyFactor,
            RopeScalingHighFrequencyFactor = UsualHighFrequencyFactor,
            RopeScalingOriginalContext = (int)Math.Round(context),
        };
        return Follows(fitted, divisors) ? fitted : null;
    }

    /// <summary>
    /// Whether two models' frequencies are the same. Only the ratios of the numbers matter, and files that carry the resulting frequencies
    /// say no more: all of them relative to the low factor.
    /// </summary>
    public static bool AreSame(ModelShape compiled, ModelShape file)
    {
        double scale = compiled.RopeScalingLowFrequencyFactor / file.RopeScalingLowFrequencyFactor ?? 1;
        return Near(compiled.RopeScalingHighFrequencyFactor, file.RopeScalingHighFrequencyFactor * scale)
            && Near(compiled.RopeScalingOriginalContext, file.RopeScalingOriginalContext * scale);

        // Those of a file may be found by fitting the frequencies, which are 32-bit floats.
        static bool Near(double? mine, double? theirs) =>
            !(mine is double a && theirs is double b && !(Math.Abs(a - b) <= Tolerance * Math.Abs(b)));
    }

    private static bool Follows(ModelShape shape, ReadOnlySpan<float> divisors)
    {
        float[] expected = Divisors(shape);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(divisors[i] - expected[i]) <= Tolerance * expected[i]))
                return false;
        }

        return true;
    }

    private static double TurnsAPosition(ModelShape shape, int pair) =>
        Math.Pow(shape.RopeTheta ?? 10000, -2.0 * pair / shape.Rotated) / (2 * Math.PI);

    // People write 4 or 2.5, and the divisors are rounded.
    private static double Rounded(double value) =>
        Math.Abs(value - Math.Round(value, 3)) < Tolerance * value ? Math.Round(value, 3) : value;
}
