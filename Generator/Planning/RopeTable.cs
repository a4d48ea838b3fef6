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
        for (int i = 0; i < frequencies.Length; i++)
            frequencies[i] = Scale(Math.Pow(spec.RopeTheta, -2.0 * i / spec.HeadDim), spec.RopeScaling);
        return frequencies;
    }

    private static double Scale(double frequency, RopeScalingSpec scaling) => scaling.Kind switch
    {
        RopeScaling.Linear => frequency / scaling.Factor,
        RopeScaling.Llama3 => ScaleLlama3(frequency, scaling),
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
}
