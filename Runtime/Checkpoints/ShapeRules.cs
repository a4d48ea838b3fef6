using System;
using System.Globalization;
using Llamalith.Contracts;

namespace Llamalith.Checkpoints;

/// <summary>What every model must fulfil, whichever file it came from, before anything is computed from its sizes.</summary>
internal static class ShapeRules
{
    /// <summary>Far more than any model has, and few enough that a list of all tensors is no burden.</summary>
    public const int MostLayers = 1 << 16;

    /// <summary>Far wider than any norm.</summary>
    public const int MostNormColumns = 1 << 24;

    /// <summary>Refuses hyperparameters that no model can have; <paramref name="keyOf"/> gives the file's own word for each.</summary>
    /// <exception cref="ModelFormatException">The message names the key and its value.</exception>
    public static void Check(string path, ModelShape shape, Func<string, string> keyOf)
    {
        foreach (ShapeProperty property in ShapeProperties.All)
        {
            switch (property.ValueIn(shape))
            {
                case int value when value < property.Least:
                    throw Bad($"{keyOf(property.Name)} = {value}, but it must {(property.Least > 0 ? "be positive" : "not be negative")}");
                case double value when !(double.IsFinite(value) && (value > 0 || (value == 0 && property.Least == 0))):
                    throw Bad($"{keyOf(property.Name)} = {value}, but it must be positive and finite");
            }
        }

        if (shape.Layers > MostLayers)
            throw Bad($"{keyOf(nameof(ModelShape.Layers))} = {shape.Layers}, but at most {MostLayers} layers are allowed");
        string heads = keyOf(nameof(ModelShape.Heads)), headDim = keyOf(nameof(ModelShape.HeadDim));
        if (shape.Heads % shape.KvHeads != 0)
            throw Bad($"{heads} = {shape.Heads} is no multiple of {keyOf(nameof(ModelShape.KvHeads))} = {shape.KvHeads}");

        if (shape.HeadDim % 2 != 0)
            throw Bad($"{headDim} = {shape.HeadDim} is odd, but rotary embedding turns pairs");
        if (shape.LayerPattern is { Length: > 0 } pattern)
        {
            string key = keyOf(nameof(ModelShape.LayerPattern));
            if (pattern.AsSpan().ContainsAnyExcept(LayerKinds.Local, LayerKinds.Global, LayerKinds.Unrotated) || pattern.Length > shape.Layers)
                throw Bad($"{key} is no pattern of {shape.Layers} layers");
            if (pattern.Contains(LayerKinds.Local, StringComparison.Ordinal) && !shape.HasWindow)
                throw Bad($"{key} has layers with a sliding window, but there is none");
        }

        if (shape.AttentionTemperature > 0 && shape.RopeScaling is null or RopeScaling.None or RopeScaling.Linear)
        {
            (string temperature, string scaling) = (keyOf(nameof(ModelShape.AttentionTemperature)), keyOf(nameof(ModelShape.RopeScaling)));
            throw Bad($"{temperature} = {shape.AttentionTemperature} counts by the original context, which {scaling} = {shape.RopeScaling} has not");
        }

        if (shape.Rotated % 2 != 0 || shape.Rotated > shape.HeadDim)
        {
            string rotary = keyOf(nameof(ModelShape.RotaryDim));
            throw Bad($"{rotary} turns {shape.Rotated} elements of a head, but {headDim} = {shape.HeadDim}, and rotary embedding turns pairs");
        }

        if (shape.RopeScaling == RopeScaling.LongRope)
        {
            foreach (string property in (string[])[nameof(ModelShape.RopeScalingShortFactors), nameof(ModelShape.RopeScalingLongFactors)])
            {
                double[] factors = NumberList.Parse((string?)ShapeProperties.Find(property)!.ValueIn(shape) ?? "") ?? [];
                if (factors.Length != shape.Rotated / 2)
                    throw Bad($"{keyOf(property)} has {factors.Length} numbers, but {shape.Rotated / 2} pairs of a head are turned");
                if (Array.Exists(factors, static factor => !((float)factor > 0 && float.IsFinite((float)factor))))
                    throw Bad($"{keyOf(property)} has a number that is not positive and finite");
            }
        }

        if ((long)shape.Heads * shape.HeadDim > int.MaxValue)
            throw Bad($"{heads} = {shape.Heads} times {headDim} = {shape.HeadDim} is too large");

        if (shape.RopeScalingHighFrequencyFactor <= shape.RopeScalingLowFrequencyFactor)
        {
            (string high, string low) =
                (keyOf(nameof(ModelShape.RopeScalingHighFrequencyFactor)), keyOf(nameof(ModelShape.RopeScalingLowFrequencyFactor)));
            throw Bad(
                $"{high} = {shape.RopeScalingHighFrequencyFactor} must be greater than {low} = {shape.RopeScalingLowFrequencyFactor}");
        }

        ModelFormatException Bad(FormattableString complaint) => new($"{path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");
    }

    /// <summary>Refuses an integer that is no 32-bit one, before <see cref="Check"/> sees it.</summary>
    public static int ToInt32(string path, string key, long value) => value is >= int.MinValue and <= int.MaxValue
        ? (int)value
        : throw new ModelFormatException(string.Create(CultureInfo.InvariantCulture, $"{path}: {key} = {value} is out of range."));
}
