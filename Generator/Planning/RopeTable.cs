using System;
using System.Collections.Generic;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>
/// The rotary frequencies of a model, radians a position, one for each pair of a head: theta^(-2i / HeadDim) (Su et al., arXiv
/// 2104.09864), stretched as <see cref="RopeScalingSpec"/> says.
/// </summary>
internal static class RopeTable
{
    public static IReadOnlyList<double> Frequencies(ModelSpec spec)
    {
        double[] frequencies = new double[spec.HeadDim / 2];

        // Pairs that are not turned keep frequency 0: their cosine is 1.
        for (int i = 0; i < spec.Rotated / 2; i++)
            frequencies[i] = Scale(Math.Pow(spec.RopeTheta, -2.0 * i / spec.Rotated), i, spec);
        return frequencies;
    }

    /// <summary>Those of layers that have a base of their own, and are not stretched.</summary>
    public static IReadOnlyList<double> LocalFrequencies(ModelSpec spec) =>
        Frequencies(spec with { RopeTheta = spec.RopeThetaLocal, RopeScaling = spec.RopeScaling with { Kind = RopeScaling.None } });

    /// <summary>What queries are multiplied by, for each stretch of the original context that an engine's context begins.</summary>
    public static IReadOnlyList<double> Growth(ModelSpec spec)
    {
        double[] growth = new double[((spec.Context - 1) / spec.RopeScaling.OriginalContext) + 1];
        for (int i = 0; i < growth.Length; i++)
            growth[i] = 1 + (spec.AttentionTemperature * Math.Log(1 + i));
        return growth;
    }

    private static double Scale(double frequency, int pair, ModelSpec spec) => spec.RopeScaling.Kind switch
    {
        RopeScaling.Linear => frequency / spec.RopeScaling.Factor,
        RopeScaling.Llama3 => ScaleLlama3(frequency, spec.RopeScaling),
        RopeScaling.Yarn => ScaleYarn(frequency, pair, spec),
        RopeScaling.LongRope => frequency / NumberList.Parse(spec.RopeScaling.FactorsFor(spec.Context))![pair],
        _ => frequency,
    };

    // Llama 3.1: waves longer than original / low are stretched, those shorter than original / high kept, others blended.
    private static double ScaleLlama3(double frequency, RopeScalingSpec scaling)
    {
        double wavelength = 2 * Math.PI / frequency;
        double turns = scaling.OriginalContext / wavelength;
        if (turns < scaling.LowFrequencyFactor)
            return frequency / scaling.Factor;
        if (turns > scaling.HighFrequencyFactor)
            return frequency;
        double kept = (turns - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        return ((1 - kept) * frequency / scaling.Factor) + (kept * frequency);
    }

    // YaRN: pairs up to one that turns BetaFast times within the original context are kept, those from one that turns BetaSlow times on are
    // stretched; a ramp over the pairs between. Both ends are whole pairs, as published code has them.
    private static double ScaleYarn(double frequency, int pair, ModelSpec spec)
    {
        RopeScalingSpec scaling = spec.RopeScaling;
        double low = Math.Max(0, Math.Floor(PairOf(scaling.BetaFast)));
        double high = Math.Min(spec.Rotated - 1, Math.Ceiling(PairOf(scaling.BetaSlow)));
        double stretched = Math.Min(1, Math.Max(0, (pair - low) / Math.Max(0.001, high - low)));
        return (stretched * frequency / scaling.Factor) + ((1 - stretched) * frequency);

        double PairOf(double turns) =>
            spec.Rotated * Math.Log(scaling.OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(spec.RopeTheta));
    }
}
