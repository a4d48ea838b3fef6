using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Llamalith.Contracts;

namespace Llamalith.Cli.Compilation;

/// <summary>The C# of a model class: every hyperparameter spelled out, those at [LlamaModel]'s or its file's defaults left out.</summary>
internal static class ModelClassWriter
{
    /// <summary>A whole source file.</summary>
    /// <param name="model">The class.</param>
    /// <param name="summary">One line of documentation; null for none.</param>
    public static string WriteFile(ModelClass model, string? summary = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        StringBuilder file = new();
        file.Append("using Llamalith;\n\n");
        if (model.Namespace.Length > 0)
            file.Append("namespace ").Append(model.Namespace).Append(";\n\n");
        if (summary is not null)
            file.Append("/// <summary>").Append(EscapeXml(summary)).Append("</summary>\n");
        return file.Append(WriteClass(model)).ToString();
    }

    /// <summary>The attribute and the class.</summary>
    public static string WriteClass(ModelClass model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return $"[LlamaModel(\n    {string.Join(",\n    ", Arguments(model))})]\npublic sealed partial class {model.Name};\n";
    }

    /// <summary>
    /// A hyperparameter as people write it. Files that carry 32-bit floats mean the short decimal, 1e-5 and not 9.9999997e-06.
    /// </summary>
    public static string Text(double value)
    {
        string text =
            value == (float)value ? ((float)value).ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture);
        int exponent = text.IndexOf('E', StringComparison.Ordinal);
        if (exponent >= 0)
        {
            text = string.Create(CultureInfo.InvariantCulture,
                $"{text[..exponent]}e{int.Parse(text.AsSpan(exponent + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)}");
        }

        return text;
    }

    private static IEnumerable<string> Arguments(ModelClass model)
    {
        ModelShape shape = model.Shape;
        if (model.From is { } from)
            yield return $"From = {StringLiteral.Of(from)}";
        foreach (ShapeProperty property in ShapeProperties.All.Where(property => property.IsUsedBy(shape)))
        {
            object? usual = model.FromShape is { } known ? property.ValueIn(known) : property.DefaultIn(shape);
            if (property.ValueIn(shape) is { } value && (usual is null || !SameSingle(value, usual)))
                yield return $"{property.Name} = {Literal(value)}";
        }

        if (model.From is null && model.Weights is not (WeightFormat.None or WeightFormat.F32))
            yield return $"Weights = {Flags(model.Weights)}";
        if (model.KvCache != default)
            yield return $"KvCache = {Flags(model.KvCache)}";
        if (model.Isa != Isa.All)
            yield return $"Isa = {Flags(model.Isa)}";
    }

    // An enum's own text names members and mixes of them: "Q4_K, Q6_K".
    private static string Flags<T>(T value)
        where T : struct, Enum
        => string.Join(" | ", value.ToString().Split(", ").Select(name => $"{typeof(T).Name}.{name}"));

    private static string Literal(object value) => value switch
    {
        double real => Text(real),
        bool flag => flag ? "true" : "false",
        string text => $"\"{text}\"",
        Enum member => $"{member.GetType().Name}.{member}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private static bool SameSingle(object a, object b) => (a, b) is (double x, double y) ? (float)x == (float)y : a.Equals(b);

    private static string EscapeXml(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
