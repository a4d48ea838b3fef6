using System;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>The hyperparameters in a packed file's metadata, under their own names.</summary>
internal static class PackedShape
{
    public static string KeyOf(string property) => PackedKeys.Shape + property;

    public static void Write(GgufWriter writer, ModelShape shape)
    {
        foreach ((string property, Func<ModelShape, int> of) in ShapeRules.Sizes)
            Number(property, of(shape));
        writer.Add(KeyOf(nameof(ModelShape.TiedEmbeddings)), shape.TiedEmbeddings);
        Real(nameof(ModelShape.NormEps), shape.NormEps);
        Real(nameof(ModelShape.RopeTheta), shape.RopeTheta);
        if (shape.RopeScaling is { } scaling)
            writer.Add(KeyOf(nameof(ModelShape.RopeScaling)), scaling.ToString());
        Real(nameof(ModelShape.RopeScalingFactor), shape.RopeScalingFactor);
        Real(nameof(ModelShape.RopeScalingLowFrequencyFactor), shape.RopeScalingLowFrequencyFactor);
        Real(nameof(ModelShape.RopeScalingHighFrequencyFactor), shape.RopeScalingHighFrequencyFactor);
        if (shape.RopeScalingOriginalContext is { } original)
            Number(nameof(ModelShape.RopeScalingOriginalContext), original);
        if (shape.SlidingWindow is { } window)
            Number(nameof(ModelShape.SlidingWindow), window);
        if (shape.QkvBias is { } bias)
            writer.Add(KeyOf(nameof(ModelShape.QkvBias)), bias);

        void Number(string property, int value) => writer.Add(KeyOf(property), value);

        void Real(string property, double? value)
        {
            if (value is { } real)
                writer.Add(KeyOf(property), real);
        }
    }

    public static ModelShape Read(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        return new ModelShape
        {
            Dim = Number(nameof(ModelShape.Dim)),
            FfnDim = Number(nameof(ModelShape.FfnDim)),
            Layers = Number(nameof(ModelShape.Layers)),
            Heads = Number(nameof(ModelShape.Heads)),
            KvHeads = Number(nameof(ModelShape.KvHeads)),
            HeadDim = Number(nameof(ModelShape.HeadDim)),
            VocabSize = Number(nameof(ModelShape.VocabSize)),
            Context = Number(nameof(ModelShape.Context)),
            TiedEmbeddings = metadata.GetBoolean(KeyOf(nameof(ModelShape.TiedEmbeddings))) ?? throw Missing(nameof(ModelShape.TiedEmbeddings)),
            NormEps = metadata.GetReal(KeyOf(nameof(ModelShape.NormEps))),
            RopeTheta = metadata.GetReal(KeyOf(nameof(ModelShape.RopeTheta))),
            RopeScaling = Word<RopeScaling>(file, KeyOf(nameof(ModelShape.RopeScaling))),
            RopeScalingFactor = metadata.GetReal(KeyOf(nameof(ModelShape.RopeScalingFactor))),
            RopeScalingLowFrequencyFactor = metadata.GetReal(KeyOf(nameof(ModelShape.RopeScalingLowFrequencyFactor))),
            RopeScalingHighFrequencyFactor = metadata.GetReal(KeyOf(nameof(ModelShape.RopeScalingHighFrequencyFactor))),
            RopeScalingOriginalContext = Optional(nameof(ModelShape.RopeScalingOriginalContext)),
            SlidingWindow = Optional(nameof(ModelShape.SlidingWindow)),
            QkvBias = metadata.GetBoolean(KeyOf(nameof(ModelShape.QkvBias))),
        };

        int Number(string property) => Optional(property) ?? throw Missing(property);

        int? Optional(string property) => metadata.GetInteger(KeyOf(property)) is { } value ? ShapeRules.ToInt32(file.Path, KeyOf(property), value) : null;

        ModelFormatException Missing(string property) => new($"{file.Path}: {KeyOf(property)} is missing.");
    }

    /// <summary>A member of an enum by its name; null where the key is missing.</summary>
    public static T? Word<T>(GgufFile file, string key)
        where T : struct, Enum
    {
        if (file.Metadata.GetText(key) is not { } text)
            return null;
        foreach (T member in Enum.GetValues<T>())
        {
            if (member.ToString() == text)
                return member;
        }

        throw new ModelFormatException($"{file.Path}: {key} = {Shown.Text(text)}, which is none of {string.Join(", ", Enum.GetNames<T>())}.");
    }
}
