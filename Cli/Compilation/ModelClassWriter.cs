using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Llamalith.Contracts;

namespace Llamalith.Cli.Compilation;

/// <summary>The C# of a model class: every hyperparameter spelled out, those at [LlamaModel]'s defaults left out.</summary>
internal static class ModelClassWriter
{
    private const int DefaultContext = 4096;
    private const double DefaultNormEps = 1e-5;
    private const double DefaultRopeTheta = 10000;
    private const double DefaultRopeScalingFactor = 8, DefaultLowFrequencyFactor = 1, DefaultHighFrequencyFactor = 4;
    private const int DefaultOriginalContext = 8192;

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

    /// <summary>A hyperparameter as people write it. Files that carry 32-bit floats mean the short decimal, 1e-5 and not 9.9999997e-06.</summary>
    public static string Text(double value)
    {
        string text = value == (float)value ? ((float)value).ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture);
        int exponent = text.IndexOf('E', StringComparison.Ordinal);
        if (exponent >= 0)
            text = string.Create(CultureInfo.InvariantCulture, $"{text[..exponent]}e{int.Parse(text.AsSpan(exponent + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)}");
        return text;
    }

    private static IEnumerable<string> Arguments(ModelClass model)
    {
        ModelShape shape = model.Shape;
        yield return Integer("Dim", shape.Dim);
        yield return Integer("FfnDim", shape.FfnDim);
        yield return Integer("Layers", shape.Layers);
        yield return Integer("Heads", shape.Heads);
        if (shape.KvHeads != shape.Heads)
            yield return Integer("KvHeads", shape.KvHeads);
        if (shape.Dim % shape.Heads != 0 || shape.HeadDim != shape.Dim / shape.Heads)
            yield return Integer("HeadDim", shape.HeadDim);
        yield return Integer("VocabSize", shape.VocabSize);
        if (shape.Context != DefaultContext)
            yield return Integer("Context", shape.Context);
        if (shape.NormEps is { } epsilon && !SameSingle(epsilon, DefaultNormEps))
            yield return Real("NormEps", epsilon);
        if (shape.RopeTheta is { } theta && !SameSingle(theta, DefaultRopeTheta))
            yield return Real("RopeTheta", theta);
        if (shape.RopeScaling is { } scaling and not RopeScaling.None)
        {
            yield return $"RopeScaling = RopeScaling.{scaling}";
            if (shape.RopeScalingFactor is { } factor && !SameSingle(factor, DefaultRopeScalingFactor))
                yield return Real("RopeScalingFactor", factor);
            if (scaling == RopeScaling.Llama3)
            {
                if (shape.RopeScalingLowFrequencyFactor is { } low && !SameSingle(low, DefaultLowFrequencyFactor))
                    yield return Real("RopeScalingLowFrequencyFactor", low);
                if (shape.RopeScalingHighFrequencyFactor is { } high && !SameSingle(high, DefaultHighFrequencyFactor))
                    yield return Real("RopeScalingHighFrequencyFactor", high);
                if (shape.RopeScalingOriginalContext is { } original and not DefaultOriginalContext)
                    yield return Integer("RopeScalingOriginalContext", original);
            }
        }

        if (shape.TiedEmbeddings)
            yield return "TiedEmbeddings = true";
        if (shape.SlidingWindow is { } window and > 0)
            yield return Integer("SlidingWindow", window);
        if (shape.QkvBias is true)
            yield return "QkvBias = true";
        if (model.Weights is not (WeightFormat.None or WeightFormat.F32))
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

    private static string Real(string property, double value) => $"{property} = {Text(value)}";

    private static string Integer(string property, int value) => string.Create(CultureInfo.InvariantCulture, $"{property} = {value}");

    private static bool SameSingle(double a, double b) => (float)a == (float)b;

    private static string EscapeXml(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
