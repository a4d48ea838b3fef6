using System;
using System.Collections.Generic;

namespace Llamalith.Generator.Spec;

/// <summary>How rotary frequencies are stretched; the factors matter only where <see cref="Kind"/> uses them.</summary>
internal sealed record RopeScalingSpec(
    RopeScaling Kind, double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContext,
    double BetaFast = RopeScalingSpec.UsualBetaFast, double BetaSlow = RopeScalingSpec.UsualBetaSlow, double AttentionFactor = 0,
    string ShortFactors = "", string LongFactors = "")
{
    private const string Property = "RopeScaling";
    private const double UsualBetaFast = 32, UsualBetaSlow = 1;

    /// <summary>Its part of <see cref="ModelSpec.Hyperparameters"/>.</summary>
    public IReadOnlyList<SpecProperty> Hyperparameters =>
    [
        new(Property, Kind),
        new(Property + nameof(Factor), Factor) { IsStated = Kind != RopeScaling.None },
        new(Property + nameof(LowFrequencyFactor), LowFrequencyFactor) { IsStated = Kind == RopeScaling.Llama3 },
        new(Property + nameof(HighFrequencyFactor), HighFrequencyFactor) { IsStated = Kind == RopeScaling.Llama3 },
        new(Property + nameof(OriginalContext), OriginalContext) 
        {
            IsStated = Kind is RopeScaling.Llama3 or RopeScaling.Yarn or RopeScaling.LongRope, Most = SpecRules.MaxContext,
        },
        Trait(nameof(BetaFast), BetaFast, UsualBetaFast, Kind == RopeScaling.Yarn),
        Trait(nameof(BetaSlow), BetaSlow, UsualBetaSlow, Kind == RopeScaling.Yarn),
        Trait(nameof(AttentionFactor), AttentionFactor, 0.0, Kind is RopeScaling.Yarn or RopeScaling.LongRope),
        Trait(nameof(ShortFactors), ShortFactors, "", Kind == RopeScaling.LongRope),
        Trait(nameof(LongFactors), LongFactors, "", Kind == RopeScaling.LongRope),
    ];

    /// <summary>What cosines and sines are multiplied by.</summary>
    public double Magnitude => Kind switch
    {
        RopeScaling.Yarn or RopeScaling.LongRope when AttentionFactor > 0 => AttentionFactor,
        RopeScaling.Yarn => (0.1 * Math.Log(Math.Max(1, Factor))) + 1,
        _ => 1,
    };

    /// <summary>LongRoPE's factors for a context, as they are written.</summary>
    public string FactorsFor(int context) => context > OriginalContext ? LongFactors : ShortFactors;

    /// <summary>What values say of it, with the attribute's defaults.</summary>
    public static RopeScalingSpec Of(WrittenValues values) => new(
        (RopeScaling)(values.Value<int>(Property) ?? (int)RopeScaling.None),
        values.Value<double>(Property + nameof(Factor)) ?? 8,
        values.Value<double>(Property + nameof(LowFrequencyFactor)) ?? 1,
        values.Value<double>(Property + nameof(HighFrequencyFactor)) ?? 4,
        values.Value<int>(Property + nameof(OriginalContext)) ?? 8192,
        values.Value<double>(Property + nameof(BetaFast)) ?? UsualBetaFast,
        values.Value<double>(Property + nameof(BetaSlow)) ?? UsualBetaSlow,
        values.Value<double>(Property + nameof(AttentionFactor)) ?? 0,
        values.Text(Property + nameof(ShortFactors)) ?? "",
        values.Text(Property + nameof(LongFactors)) ?? "");

    // What other kinds of scaling do not use is not stated.
    private static SpecProperty Trait(string name, object value, object usual, bool isUsed)
    {
        SpecProperty trait = SpecProperty.Trait(Property + name, value, usual);
        return isUsed ? trait : trait with { IsStated = false, IsUsed = false };
    }
}
