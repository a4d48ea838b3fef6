using System;
using System.Collections.Generic;
using System.Globalization;
using Llamalith.Contracts;

namespace Llamalith.Checkpoints;

/// <summary>What every model must fulfil, whichever file it came from, before anything is computed from its sizes.</summary>
internal static class ShapeRules
{
    /// <summary>Far more than any model has, and few enough that a list of all tensors is no burden.</summary>
    public const int MostLayers = 1 << 16;

    /// <summary>The sizes that every model has.</summary>
    public static IReadOnlyList<(string Property, Func<ModelShape, int> Of)> Sizes { get; } =
    [
        (nameof(ModelShape.Dim), static shape => shape.Dim),
        (nameof(ModelShape.FfnDim), static shape => shape.FfnDim),
        (nameof(ModelShape.Layers), static shape => shape.Layers),
        (nameof(ModelShape.Heads), static shape => shape.Heads),
        (nameof(ModelShape.KvHeads), static shape => shape.KvHeads),
        (nameof(ModelShape.HeadDim), static shape => shape.HeadDim),
        (nameof(ModelShape.VocabSize), static shape => shape.VocabSize),
        (nameof(ModelShape.Context), static shape => shape.Context),
    ];

    /// <summary>Refuses hyperparameters that no model can have; <paramref name="keyOf"/> gives the file's own word for each.</summary>
    /// <exception cref="ModelFormatException">The message names the key and its value.</exception>
    public static void Check(string path, ModelShape shape, Func<string, string> keyOf)
    {
        foreach ((string property, Func<ModelShape, int> of) in Sizes)
        {
            if (of(shape) <= 0)
                throw Bad($"{keyOf(property)} = {of(shape)}, but it must be positive");
        }

        if (shape.Layers > MostLayers)
            throw Bad($"{keyOf(nameof(ModelShape.Layers))} = {shape.Layers}, but at most {MostLayers} layers are allowed");
        if (shape.Heads % shape.KvHeads != 0)
            throw Bad($"{keyOf(nameof(ModelShape.Heads))} = {shape.Heads} is no multiple of {keyOf(nameof(ModelShape.KvHeads))} = {shape.KvHeads}");
        if (shape.HeadDim % 2 != 0)
            throw Bad($"{keyOf(nameof(ModelShape.HeadDim))} = {shape.HeadDim} is odd, but rotary embedding turns pairs");
        if ((long)shape.Heads * shape.HeadDim > int.MaxValue)
            throw Bad($"{keyOf(nameof(ModelShape.Heads))} = {shape.Heads} times {keyOf(nameof(ModelShape.HeadDim))} = {shape.HeadDim} is too large");
        if (shape.SlidingWindow is < 0)
            throw Bad($"{keyOf(nameof(ModelShape.SlidingWindow))} = {shape.SlidingWindow} is negative");
        Real(nameof(ModelShape.NormEps), shape.NormEps);
        Real(nameof(ModelShape.RopeTheta), shape.RopeTheta);
        Real(nameof(ModelShape.RopeScalingFactor), shape.RopeScalingFactor);
        Real(nameof(ModelShape.RopeScalingLowFrequencyFactor), shape.RopeScalingLowFrequencyFactor);
        Real(nameof(ModelShape.RopeScalingHighFrequencyFactor), shape.RopeScalingHighFrequencyFactor);
        Real(nameof(ModelShape.RopeScalingOriginalContext), shape.RopeScalingOriginalContext);
        if (shape.RopeScalingHighFrequencyFactor <= shape.RopeScalingLowFrequencyFactor)
        {
            (string high, string low) = (keyOf(nameof(ModelShape.RopeScalingHighFrequencyFactor)), keyOf(nameof(ModelShape.RopeScalingLowFrequencyFactor)));
            throw Bad($"{high} = {shape.RopeScalingHighFrequencyFactor} must be greater than {low} = {shape.RopeScalingLowFrequencyFactor}");
        }

        void Real(string property, double? value)
        {
            if (value is { } real && !(double.IsFinite(real) && real > 0))
                throw Bad($"{keyOf(property)} = {real}, but it must be positive and finite");
        }

        ModelFormatException Bad(FormattableString complaint) => new($"{path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");
    }

    /// <summary>Refuses an integer that is no 32-bit one, before <see cref="Check"/> sees it.</summary>
    public static int ToInt32(string path, string key, long value) => value is >= int.MinValue and <= int.MaxValue
        ? (int)value
        : throw new ModelFormatException(string.Create(CultureInfo.InvariantCulture, $"{path}: {key} = {value} is out of range."));
}
