using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Generator.Reading;

/// <summary>Reads what the build wrote down of model files, among the additional files of a compilation.</summary>
internal static class DescribedFileReader
{
    /// <summary>For analyzers: texts that do not change are read once, however often a compilation does.</summary>
    public static SourceTextValueProvider<DescribedFile> Kept { get; } = new(static text => Read(text));

    /// <summary>Whether classes are made from what a file holds.</summary>
    public static bool IsModel(AdditionalText file) => file.Path.EndsWith(ModelFiles.Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether classes are compared with what a file holds.</summary>
    public static bool IsSeen(AdditionalText file) => file.Path.EndsWith(ModelFiles.SeenExtension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads one; null where it cannot be had.</summary>
    public static DescribedFile? Read(AdditionalText file, CancellationToken cancellation) =>
        file.GetText(cancellation) is { } text ? Named(Read(text), file) : null;

    /// <summary>What an analyzer needs of all of them, by whatever reads a text.</summary>
    public static IReadOnlyList<DescribedFile> ReadAll(
        AnalyzerOptions options, Func<SourceText, DescribedFile?> read, CancellationToken cancellation) =>
    [
        .. options.AdditionalFiles
            .Where(static file => IsModel(file) || IsSeen(file))
            .Select(file => file.GetText(cancellation) is { } text && read(text) is { } known
                ? Named(known, file) with { IsSeen = IsSeen(file) } : null)
            .OfType<DescribedFile>(),
    ];

    // A text tells its own name only where it can be read.
    private static DescribedFile Named(DescribedFile read, AdditionalText file) =>
        read.Problem.Length == 0 ? read : read with { Path = Path.GetFileName(file.Path) };

    private static DescribedFile Read(SourceText text)
    {
        try
        {
            if (JsonText.Read(text.ToString()) is not Dictionary<string, object?> root)
                throw new FormatException("it is JSON, but no object");
            return new DescribedFile(Member<string>(root, "file"), new EquatableArray<FileValue>(ValuesOf(root)), Names(root, "weights"))
            {
                Classes = root.ContainsKey("classes") ? Names(root, "classes") : default,
            };
        }
        catch (FormatException e)
        {
            return DescribedFile.Broken("", e.Message);
        }
    }

    private static IEnumerable<FileValue> ValuesOf(Dictionary<string, object?> root)
    {
        foreach (KeyValuePair<string, object?> pair in Member<Dictionary<string, object?>>(root, "hyperparameters"))
        {
            if (pair.Value is not Dictionary<string, object?> entry)
                throw new FormatException($"hyperparameters.{pair.Key} is no object");
            string key = Member<string>(entry, "key");
            entry.TryGetValue("value", out object? value);
            yield return value switch
            {
                JsonNumber number => new FileValue(pair.Key, key, number.Value, number.Text),
                bool flag => new FileValue(pair.Key, key, flag, flag ? "true" : "false"),
                string word => new FileValue(pair.Key, key, word, word),
                _ => throw new FormatException($"hyperparameters.{pair.Key}.value is neither a number nor true, false or a string"),
            };
        }
    }

    private static EquatableArray<string> Names(Dictionary<string, object?> root, string name) =>
        new(Member<List<object?>>(root, name).Select(item => item as string ?? throw new FormatException($"{name} holds no strings")));

    private static T Member<T>(Dictionary<string, object?> from, string name)
        where T : class
        => from.TryGetValue(name, out object? value) && value is T member ? member : throw new FormatException($"{name} is missing");
}
