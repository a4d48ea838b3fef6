using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Spec;

/// <summary>What a model file says, as values of the attribute's properties.</summary>
internal static class FileValues
{
    private const string Weights = nameof(ModelSpec.Weights), Context = nameof(ModelSpec.Context);

    // What there is that files state, and of which types.
    private static readonly IReadOnlyList<SpecProperty> s_table = ModelSpec.Of(
        new ModelRequest { Namespace = "", TypeName = "" },
        new BuildOptions
        {
            AllowsUnsafe = true, LanguageVersion = 0, FrameworkVersion = 0, ReferencesRuntime = true, Targets = "", RuntimeIdentifier = "",
            AheadOfTime = null, BuildMachine = default,
        }).FileProperties;

    /// <summary>The values of a file.</summary>
    public static WrittenValues Of(DescribedFile file)
    {
        List<WrittenValue> values = [];
        foreach (FileValue stated in file.Values)
        {
            if (Find(s_table, stated.Name) is { } property && Convert(stated, property.Value) is { } value)
            {
                values.Add(
                    new(stated.Name, stated.Name == Context && value is int context ? Math.Min(context, ModelFiles.UsualContext) : value));
            }
        }

        if (FormatsOf(file) is { } formats && formats != WeightFormat.None)
            values.Add(new(Weights, (int)formats));
        return new WrittenValues(values);
    }

    /// <summary>What of a file no class can take; nothing where all is well.</summary>
    public static IEnumerable<string> ProblemsOf(DescribedFile file)
    {
        if (file.Problem.Length > 0)
        {
            yield return file.Problem;
            yield break;
        }

        foreach (FileValue stated in file.Values)
        {
            if (Find(s_table, stated.Name) is not { } property)
                yield return $"this version of Llamalith knows no {stated.Name}, which {file.Path} has";
            else if (Convert(stated, property.Value) is null)
                yield return $"{stated.Name} = {stated.Text} is no {TypeOf(property.Value)}";
        }

        if (FormatsOf(file) is null)
            yield return $"one of {string.Join(", ", file.Weights)} is no format of weights";
    }

    /// <summary>The formats of a file's matrices; null where one of the names is none.</summary>
    public static WeightFormat? FormatsOf(DescribedFile file)
    {
        WeightFormat all = WeightFormat.None;
        foreach (string name in file.Weights)
        {
            if (!Enum.TryParse(name, out WeightFormat format) || format.ToString() != name)
                return null;
            all |= format;
        }

        return all;
    }

    /// <summary>The hyperparameter of that name; null where there is none.</summary>
    public static SpecProperty? Find(IReadOnlyList<SpecProperty> table, string name) =>
        table.FirstOrDefault(property => property.Name == name);

    /// <summary>What a hyperparameter is where nobody writes it; null where there is none of that name.</summary>
    public static object? UsualOf(string name) => Find(s_table, name)?.Value;

    /// <summary>A stated value in the type of another one, an enum's as its number; null where it has none such.</summary>
    public static object? Convert(FileValue stated, object like) => (like, stated.Value) switch
    {
        (int, double number) when number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue => (int)number,
        (double, double number) => number,
        (bool, bool flag) => flag,
        (string, string text) => text,
        (Enum, string word) when Enum.GetNames(like.GetType()).Contains(word) =>
            System.Convert.ToInt32(Enum.Parse(like.GetType(), word), CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string TypeOf(object value) => value switch
    {
        int => "integer",
        double => "number",
        bool => "true or false",
        string => "string",
        _ => $"member of {value.GetType().Name}",
    };
}
