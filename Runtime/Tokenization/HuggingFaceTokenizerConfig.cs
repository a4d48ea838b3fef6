using System;
using System.Text.Json;
using System.Text.Unicode;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>The tokenizer_config.json beside a tokenizer.json: which tokens the marks are, and the template of a conversation.</summary>
internal sealed record HuggingFaceTokenizerConfig
{
    /// <summary>What holds where there is no such file.</summary>
    public static readonly HuggingFaceTokenizerConfig None = new();

    public string? Bos { get; private init; }

    public string? Eos { get; private init; }

    public string? Unknown { get; private init; }

    /// <summary>Null where the file does not say.</summary>
    public bool? AddBos { get; private init; }

    /// <summary>Null where the file does not say.</summary>
    public bool? AddEos { get; private init; }

    public string? ChatTemplate { get; private init; }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="ModelFormatException">It is no JSON, or none of this kind.</exception>
    public static HuggingFaceTokenizerConfig Read(ReadOnlySpan<byte> file, string source)
    {
        if (!Utf8.IsValid(file))
            throw new ModelFormatException($"{source} is not UTF-8.");
        try
        {
            Utf8JsonReader reader = new(file);
            JsonElement root = JsonElement.ParseValue(ref reader);
            return new HuggingFaceTokenizerConfig
            {
                Bos = Mark(root, "bos_token"),
                Eos = Mark(root, "eos_token"),
                Unknown = Mark(root, "unk_token"),
                AddBos = Flag(root, "add_bos_token"),
                AddEos = Flag(root, "add_eos_token"),
                ChatTemplate = Template(root),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException($"{source} is no sound tokenizer_config.json: {Shown.Text(e.Message)}", e);
        }
    }

    /// <summary>A token is its name, or an object with it.</summary>
    private static string? Mark(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out JsonElement element))
            return null;
        if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("content", out JsonElement content))
            element = content;
        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }

    private static bool? Flag(JsonElement root, string key) => root.TryGetProperty(key, out JsonElement element)
        ? element.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }
        : null;

    /// <summary>A template, or the one called default of several.</summary>
    private static string? Template(JsonElement root)
    {
        if (!root.TryGetProperty("chat_template", out JsonElement element))
            return null;
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement entry in element.EnumerateArray())
            {
                if (Mark(entry, "name") == "default")
                    return Mark(entry, "template");
            }
        }
        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }
}
