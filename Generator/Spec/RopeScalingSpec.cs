using System.Collections.Generic;

namespace Llamalith.Generator.Spec;

/// <summary>How rotary frequencies are stretched; the factors matter only where <see cref="Kind"/> uses them.</summary>
internal sealed record RopeScalingSpec(
    RopeScaling Kind, double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContext)
{
    private const string Property = "RopeScaling";

    /// <summary>Its part of <see cref="ModelSpec.Hyperparameters"/>.</summary>
    public IReadOnlyList<SpecProperty> Hyperparameters =>
    [
        new(Property, Kind),
        new(Property + nameof(Factor), Factor) { IsStated = Kind != RopeScaling.None },
        new(Property + nameof(LowFrequencyFactor), LowFrequencyFactor) { IsStated = Kind == RopeScaling.Llama3 },
        new(Property + nameof(HighFrequencyFactor), HighFrequencyFactor) { IsStated = Kind == RopeScaling.Llama3 },
        new(Property + nameof(OriginalContext), OriginalContext) { IsStated = Kind == RopeScaling.Llama3, Most = SpecRules.MaxContext },
    ];

    /// <summary>What values say of it, with the attribute's defaults.</summary>
    public static RopeScalingSpec Of(WrittenValues values) => new(
        (RopeScaling)(values.Value<int>(Property) ?? (int)RopeScaling.None),
        values.Value<double>(Property + nameof(Factor)) ?? 8,
        values.Value<double>(Property + nameof(LowFrequencyFactor)) ?? 1,
        values.Value<double>(Property + nameof(HighFrequencyFactor)) ?? 4,
        values.Value<int>(Property + nameof(OriginalContext)) ?? 8192);
}
