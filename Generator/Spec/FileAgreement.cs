using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Spec;

/// <summary>Compares a class with the model file that it is loaded from, as loading it will.</summary>
internal static class FileAgreement
{
    // Files carry reals as 32-bit floats or short decimals, and some of them carry frequencies in place of what they follow from.
    private const double Tolerance = 1e-6, FittedTolerance = 1e-4;

    private const string Low = "RopeScalingLowFrequencyFactor", High = "RopeScalingHighFrequencyFactor",
        Original = "RopeScalingOriginalContext";

    /// <summary>Every difference, both sides of each.</summary>
    public static IEnumerable<FileMismatch> Between(ModelSpec spec, DescribedFile file)
    {
        IReadOnlyList<SpecProperty> properties = spec.FileProperties;
        foreach (FileValue stated in file.Values)
        {
            if (FileValues.Find(properties, stated.Name) is { } property && FileValues.Convert(stated, property.Value) is { } theirs
                && !IsSame(property, theirs, properties, file))
            {
                yield return new(
                    property.Name, $"{property.Name} = {Text(property.Value)}, but {stated.Key} = {stated.Text}", stated.Text,
                    Code(property.Value, stated.Text), property.IsStated || property is { IsTrait: true, IsUsed: true });
            }
        }

        // What few models have a file states only where its model has it.
        foreach (SpecProperty property in properties)
        {
            if (property is { IsTrait: true, IsStated: true } && file.Values.All(stated => stated.Name != property.Name)
                && FileValues.UsualOf(property.Name) is { } usual)
            {
                yield return new(
                    property.Name, $"{property.Name} = {Text(property.Value)}, but {file.Path} has none", Text(usual),
                    Code(usual, Text(usual)),
                    IsFault: true);
            }
        }

        if (FileValues.FormatsOf(file) is { } formats && (formats & ~spec.Weights) is not WeightFormat.None and var missing)
        {
            yield return new(
                nameof(ModelSpec.Weights),
                $"Weights = {Mix(spec.Weights)}, but {file.Path} has {string.Join(" and ", NamesOf(missing))}",
                Mix(formats),
                string.Join(" | ", NamesOf(formats).Select(static name => $"{FixNames.Space}{nameof(WeightFormat)}.{name}")),
                IsFault: true);
        }
    }

    private static bool IsSame(SpecProperty property, object theirs, IReadOnlyList<SpecProperty> properties, DescribedFile file) =>
        property.Value switch
    {
        // A class may have less room than the model was trained for.
        int mine when property.Name == nameof(ModelSpec.Context) => mine <= (int)theirs,
        double mine when Near(mine, (double)theirs, Tolerance) => true,
        Enum mine => System.Convert.ToInt32(mine, CultureInfo.InvariantCulture) == (int)theirs,
        var mine when mine.Equals(theirs) => true,
        _ => property.Name is Low or High or Original && AreSameFrequencies(properties, file),
    };

    // Only the ratios of the three matter, and files that carry the resulting frequencies say no more.
    private static bool AreSameFrequencies(IReadOnlyList<SpecProperty> properties, DescribedFile file)
    {
        double scale = Mine(Low) / Theirs(Low);
        return Near(Mine(High), Theirs(High) * scale, FittedTolerance) && Near(Mine(Original), Theirs(Original) * scale, FittedTolerance);

        double Mine(string name) =>
            System.Convert.ToDouble(FileValues.Find(properties, name)!.Value, CultureInfo.InvariantCulture);

        double Theirs(string name) =>
            file.Values.FirstOrDefault(value => value.Name == name)?.Value is double value ? value : Mine(name);
    }

    private static bool Near(double a, double b, double tolerance) => Math.Abs(a - b) <= tolerance * Math.Max(Math.Abs(a), Math.Abs(b));

    // Of an enum the attribute's has the same name.
    private static string Code(object like, string text) => like switch
    {
        Enum member => $"{FixNames.Space}{member.GetType().Name}.{text}",
        string => $"@\"{text.Replace("\"", "\"\"")}\"",
        _ => text,
    };

    private static string Text(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        IFormattable number and not Enum => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Mix(WeightFormat formats) => string.Join(" | ", NamesOf(formats));

    private static IEnumerable<string> NamesOf(WeightFormat formats) => Enum.GetValues(typeof(WeightFormat)).Cast<WeightFormat>()
        .Where(format => format != WeightFormat.None && (format & (format - 1)) == 0 && (formats & format) != 0)
        .Select(static format => format.ToString());
}

/// <summary>A difference between a class and its file.</summary>
/// <param name="Property">The attribute's property.</param>
/// <param name="Message">Both sides.</param>
/// <param name="Shown">The file's value, as people read it.</param>
/// <param name="Code">The same as C#.</param>
/// <param name="IsFault">Whether it matters now; else only once another difference is mended.</param>
internal sealed record FileMismatch(string Property, string Message, string Shown, string Code, bool IsFault);
