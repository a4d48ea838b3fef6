using System;
using System.Linq;
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
        foreach (ShapeProperty property in ShapeProperties.All)
        {
            string key = KeyOf(property.Name);
            switch (property.ValueIn(shape))
            {
                case int number:
                    writer.Add(key, number);
                    break;
                case double real:
                    writer.Add(key, real);
                    break;
                case bool flag:
                    writer.Add(key, flag);
                    break;
                case string text:
                    writer.Add(key, text);
                    break;
                case Enum word:
                    writer.Add(key, word.ToString());
                    break;
            }
        }
    }

    public static ModelShape Read(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        return ShapeProperties.All.Aggregate(ShapeProperties.Nothing, (shape, property) =>
        {
            string key = KeyOf(property.Name);
            object? value = property switch
            {
                ShapeProperty<int> => metadata.GetInteger(key) is { } number ? (object)ShapeRules.ToInt32(file.Path, key, number) : null,
                ShapeProperty<double> => metadata.GetReal(key),
                ShapeProperty<bool> => metadata.GetBoolean(key),
                ShapeText => metadata.GetText(key),
                ShapeProperty<RopeScaling> => Word<RopeScaling>(file, key),
                ShapeProperty<NormPlacement> => Word<NormPlacement>(file, key),
                ShapeProperty<QkNorm> => Word<QkNorm>(file, key),
                ShapeProperty<Activation> => Word<Activation>(file, key),
                _ => throw new InvalidOperationException($"{property.Name} has a type that packed files cannot hold."),
            };
            return value is not null || !property.IsRequired
                ? property.With(shape, value)
                : throw new ModelFormatException($"{file.Path}: {key} is missing.");
        });
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

        throw new ModelFormatException(
            $"{file.Path}: {key} = {Shown.Text(text)}, which is none of {string.Join(", ", Enum.GetNames<T>())}.");
    }
}
