using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Llamalith.Checkpoints;
using Llamalith.Contracts;

namespace Llamalith.Tools;

/// <summary>
/// What a compiler needs to know of a model file, and nothing of its weights: a small text that lies beside a project
/// (NAME.llamalith.json), from which a class with <see cref="LlamaModelAttribute.From"/> has its sizes where the file itself is missing.
/// </summary>
public sealed class ModelDescription
{
    /// <summary>
    /// Most positions that a class gets where nobody asks for a number: enough for most conversations, and its cache fits most machines.
    /// </summary>
    public const int UsualContext = ModelFiles.UsualContext;

    private ModelDescription(string file, string header)
    {
        File = file;
        Header = header;
    }

    /// <summary>What the class calls the model file, with / between folders.</summary>
    internal string File { get; }

    /// <summary>The checksum of all that the file has beside its weights, as in "sha256:3f…".</summary>
    internal string Header { get; }

    /// <summary>The hyperparameters that the file states, by their names in <see cref="ModelShape"/>.</summary>
    internal SortedDictionary<string, DescribedValue> Hyperparameters { get; } = new(StringComparer.Ordinal);

    /// <summary>Format and shape of each tensor, by the file's own names.</summary>
    internal SortedDictionary<string, string> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>The names of the formats that an engine needs kernels for.</summary>
    internal IReadOnlyList<string> Weights { get; private set; } = [];

    /// <summary>The same as a value.</summary>
    internal WeightFormat Formats => Weights.Aggregate(
        default(WeightFormat), static (all, name) => Enum.TryParse(name, out WeightFormat format) ? all | format : all);

    /// <summary>The name of the description of a model file or folder: tiny.llamalith.json for models/tiny.gguf.</summary>
    public static string FileNameOf(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return ModelFiles.DescriptionOf(model);
    }

    /// <summary>The description of an open model.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="file">What its class calls it.</param>
    /// <exception cref="ModelFormatException">A matrix is stored in a way that no engine runs; the message names it.</exception>
    public static ModelDescription Of(Checkpoint checkpoint, string file)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(file);
        ModelDescription description = new(ModelFiles.WithSlashes(file), HeaderOf(checkpoint)) { Weights = NamesOf(FormatsOf(checkpoint)) };
        foreach (ShapeProperty property in ShapeProperties.All.Where(property => property.IsUsedBy(checkpoint.Shape)))
        {
            if (property.ValueIn(checkpoint.Shape) is { } value)
                description.Hyperparameters.Add(property.Name, new(checkpoint.KeyOf(property.Name), Text(value)));
        }

        // Rows of the others are put in order when they are loaded; what is packed stays as it is.
        if (checkpoint is PackedCheckpoint packed)
            description.Hyperparameters.Add(nameof(RopeLayout), new(PackedKeys.RopeLayout, Text(packed.RopeLayout)));
        foreach (string name in checkpoint.CanonicalNames)
        {
            if (checkpoint.TryDescribe(name, out TensorInfo tensor))
            {
                description.Tensors[tensor.Name] =
                    string.Create(CultureInfo.InvariantCulture, $"{tensor.Type} [{tensor.Rows}, {tensor.Columns}]");
            }
        }

        return description;
    }

    /// <summary>The value of <see cref="LlamaModelAttribute.Weights"/> that covers every matrix of a file.</summary>
    /// <exception cref="ModelFormatException">A matrix is stored in a way that no engine runs; the message names it.</exception>
    public static WeightFormat FormatsOf(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        WeightFormat all = default;
        foreach (string name in checkpoint.CanonicalNames)
        {
            // Vectors are floats in memory, whatever the matrices are, and the embedding is read where it lies, unless it is the classifier
            // too.
            if (checkpoint.TryDescribe(name, out TensorInfo tensor)
                && tensor.Rows > 1 && (name != TensorNames.TokenEmbedding || checkpoint.Shape.TiedEmbeddings))
            {
                all |= FormatOf(checkpoint, tensor);
            }
        }

        return all;
    }

    /// <summary>The text, line by line and sorted: equal descriptions are equal texts.</summary>
    public string ToJson() => ToJson(null);

    /// <summary>The same, with the names of the classes that are loaded from the file.</summary>
    internal string ToJson(IEnumerable<string>? classes)
    {
        StringBuilder text = new("{\n");
        if (classes is not null)
            text.Append("  \"classes\": [").AppendJoin(", ", classes.Select(Quoted)).Append("],\n");
        text.Append("  \"file\": ").Append(Quoted(File));
        text.Append(",\n  \"header\": ").Append(Quoted(Header)).Append(",\n  \"hyperparameters\": ");
        AppendObject(text, Hyperparameters.Select(static pair =>
            $"{Quoted(pair.Key)}: {{ \"key\": {Quoted(pair.Value.Key)}, \"value\": {pair.Value.Json} }}"));
        text.Append(",\n  \"tensors\": ");
        AppendObject(text, Tensors.Select(static pair => $"{Quoted(pair.Key)}: {Quoted(pair.Value)}"));
        return text.Append(",\n  \"weights\": [").AppendJoin(", ", Weights.Select(Quoted)).Append("]\n}\n").ToString();
    }

    /// <summary>Reads such a text.</summary>
    /// <exception cref="ModelFormatException">It is none; the message says what is wrong.</exception>
    internal static ModelDescription Parse(string json, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonElement root = document.RootElement;
            ModelDescription description = new(root.GetProperty("file").GetString()!, root.GetProperty("header").GetString()!)
            {
                Weights = [.. root.GetProperty("weights").EnumerateArray().Select(static name => name.GetString()!)],
            };
            foreach (JsonProperty property in root.GetProperty("hyperparameters").EnumerateObject())
            {
                JsonElement value = property.Value.GetProperty("value");
                description.Hyperparameters.Add(property.Name, new(property.Value.GetProperty("key").GetString()!, value.GetRawText()));
            }

            foreach (JsonProperty tensor in root.GetProperty("tensors").EnumerateObject())
                description.Tensors.Add(tensor.Name, tensor.Value.GetString()!);
            return description;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // What a message quotes of the text may break lines.
            string what = string.Concat(e.Message.Select(static c => char.IsControl(c) ? ' ' : c));
            throw new ModelFormatException($"{path} is no description of a model: {what}", e);
        }
    }

    /// <summary>Arguments of [LlamaModel] that say the same, but for those that are written.</summary>
    internal IEnumerable<string> ToArguments(IEnumerable<string> written)
    {
        HashSet<string> names = [.. written];
        foreach ((string name, DescribedValue value) in Hyperparameters.Where(pair => !names.Contains(pair.Key)))
        {
            // Of an enum its members' names are here.
            Type type = typeof(LlamaModelAttribute).GetProperty(name)?.PropertyType
                ?? throw new ModelFormatException($"{FileNameOf(File)}: this version of Llamalith knows no {name}.");
            string code = type.IsEnum ? $"global::{type.FullName}.{value.Json.Trim('"')}"
                : name == nameof(ModelShape.Context) ? Usual(value.Json) : value.Json;
            yield return $"{name} = {code}";
        }

        if (!names.Contains(nameof(LlamaModelAttribute.Weights)) && Weights.Count > 0)
        {
            IEnumerable<string> members = Weights.Select(static name => $"global::{typeof(WeightFormat).FullName}.{name}");
            yield return $"{nameof(LlamaModelAttribute.Weights)} = {string.Join(" | ", members)}";
        }
    }

    // As the compiler does: more must be written.
    private static string Usual(string context) =>
        int.TryParse(context, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > UsualContext
            ? UsualContext.ToString(CultureInfo.InvariantCulture) : context;

    /// <summary>
    /// Whether another description adds to this one and changes nothing of it: a later version knew more of the same file.
    /// </summary>
    internal bool IsPartOf(ModelDescription other) =>
        Header == other.Header
        && Hyperparameters.All(
            pair => other.Hyperparameters.TryGetValue(pair.Key, out DescribedValue? value) && value.Json == pair.Value.Json)
        && Tensors.All(pair => other.Tensors.TryGetValue(pair.Key, out string? tensor) && tensor == pair.Value)
        && Weights.SequenceEqual(other.Weights);

    /// <summary>What this one, of a file, and another say differently, both sides of each.</summary>
    /// <param name="written">The other.</param>
    /// <param name="here">Where this one is from.</param>
    /// <param name="there">Where the other is from.</param>
    internal IEnumerable<string> DifferencesFrom(ModelDescription written, string here, string there)
    {
        foreach (string name in Hyperparameters.Keys.Union(written.Hyperparameters.Keys).Order(StringComparer.Ordinal))
        {
            DescribedValue? mine = Hyperparameters.GetValueOrDefault(name), theirs = written.Hyperparameters.GetValueOrDefault(name);
            if (mine?.Json != theirs?.Json)
            {
                yield return $"{name} = {theirs?.Json ?? "nothing"} in {there}, "
                    + $"but {(mine ?? theirs)!.Key} = {mine?.Json ?? "nothing"} in {here}";
            }
        }

        if (!Weights.SequenceEqual(written.Weights))
            yield return $"Weights = {string.Join(" | ", written.Weights)} in {there}, but {here} has {string.Join(", ", Weights)}";
        foreach (string name in Tensors.Keys.Union(written.Tensors.Keys).Order(StringComparer.Ordinal))
        {
            string? mine = Tensors.GetValueOrDefault(name), theirs = written.Tensors.GetValueOrDefault(name);
            if (mine != theirs)
                yield return $"{name} is {theirs ?? "missing"} in {there}, but {mine ?? "missing"} in {here}";
        }

        if (Header != written.Header)
            yield return $"header = {written.Header} in {there}, but {Header} in {here}";
        if (File != written.File)
            yield return $"file = {written.File} in {there}, but {File} was read";
    }

    private static string HeaderOf(Checkpoint checkpoint)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        checkpoint.AppendHeader(hash);
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Mixes are named too, after the files that have them.
    private static IEnumerable<WeightFormat> AllFormats =>
        Enum.GetValues<WeightFormat>().Where(static format => int.PopCount((int)format) == 1);

    // A tensor type that engines run and its property have one name.
    private static WeightFormat FormatOf(Checkpoint checkpoint, in TensorInfo tensor) =>
        Enum.TryParse(tensor.Type.ToString(), out WeightFormat format) && AllFormats.Contains(format)
            ? format
            : throw new ModelFormatException(
                $"{checkpoint.Path}: the tensor {tensor.Name} is {tensor.Type}, but engines can be compiled for {string.Join(", ", AllFormats)} "
                    + "only.");

    private static string[] NamesOf(WeightFormat formats) =>
        [.. AllFormats.Where(format => (formats & format) != 0).Select(static format => format.ToString())];

    // Files that carry 32-bit floats mean the short decimal, 1e-5 and not 9.9999997e-06.
    private static string Text(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        double real when real == (float)real => ((float)real).ToString(CultureInfo.InvariantCulture),
        Enum or string => Quoted(value.ToString()!),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"A description holds no {value.GetType().Name}."),
    };

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private static void AppendObject(StringBuilder text, IEnumerable<string> lines) =>
        text.Append("{\n    ").AppendJoin(",\n    ", lines).Append("\n  }");}

/// <summary>A hyperparameter as a file states it.</summary>
/// <param name="Key">The file's word for it.</param>
/// <param name="Json">The value.</param>
internal sealed record DescribedValue(string Key, string Json);
