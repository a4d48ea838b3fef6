using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Chat;

/// <summary>The chat templates that a model comes with, by name, and what its marks are called.</summary>
public sealed class ChatTemplateSet
{
    /// <summary>The name of the template for conversations without anything special.</summary>
    public const string DefaultName = "default";

    /// <summary>The name of the template for conversations with tools.</summary>
    public const string ToolUseName = "tool_use";

    private const string GgufKey = "tokenizer.chat_template";
    private const int DeepestJson = 256;

    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);

    private ChatTemplateSet(string path) => Path = path;

    /// <summary>Where the templates are from.</summary>
    public string Path { get; }

    /// <summary>The templates' texts by name; that without a name is called default. Empty where the model brings none.</summary>
    public IReadOnlyDictionary<string, string> Sources => _sources;

    /// <summary>The text of BOS; null where it is not known.</summary>
    public string? BosToken { get; private set; }

    /// <summary>The text of EOS; null where it is not known.</summary>
    public string? EosToken { get; private set; }

    /// <summary>The text of the unknown token; null where it is not known.</summary>
    public string? UnknownToken { get; private set; }

    /// <summary>The text of the padding token; null where it is not known.</summary>
    public string? PaddingToken { get; private set; }

    /// <summary>
    /// Llama-2-Chat's own form as a template, for its models that bring none: what <see cref="Llama2ChatTemplate"/> writes.
    /// </summary>
    public static string Llama2Source => Llama2Jinja.Source;

    /// <summary>Reads the templates of a model.</summary>
    /// <param name="path">
    /// A GGUF file; a folder of Hugging Face's files, or one of them, such as tokenizer_config.json or model.safetensors; or a template
    /// alone (NAME.jinja).
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It cannot be read.</exception>
    public static ChatTemplateSet Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            return OfFolder(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.", path);
        switch (System.IO.Path.GetExtension(path).ToLowerInvariant())
        {
            case ".jinja" or ".jinja2" or ".j2":
                ChatTemplateSet single = new(path);
                single._sources.Add(DefaultName, File.ReadAllText(path));
                return single;
            case ".gguf" or ".llith":
                using (GgufFile file = GgufFile.Open(path))
                    return Of(file);
            case ".json" or ".safetensors" or ".model":
                return OfFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
            default:
                throw new ModelFormatException(
                    $"{path}: chat templates are read from .gguf, .llith and .jinja files and from folders with a tokenizer_config.json.");
        }
    }

    /// <summary>Reads the templates of a GGUF file: tokenizer.chat_template, and those with a name behind it.</summary>
    /// <exception cref="ModelFormatException">A value is of another type than it must be.</exception>
    public static ChatTemplateSet Of(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        ChatTemplateSet set = new(file.Path);
        foreach (string key in file.Metadata.Keys)
        {
            if (key == GgufKey)
                set._sources[DefaultName] = file.Metadata.GetText(key)!;
            else if (key.StartsWith(GgufKey + ".", StringComparison.Ordinal))
                set._sources[key[(GgufKey.Length + 1)..]] = file.Metadata.GetText(key)!;
        }
        if (GgufTokenizerMetadata.Read(file) is not { } tokenizer)
            return set;
        set.BosToken = NameOf(tokenizer.BosId);
        set.EosToken = NameOf(tokenizer.EosId);
        set.UnknownToken = NameOf(tokenizer.UnknownId);
        set.PaddingToken = NameOf(tokenizer.PaddingId);
        return set;

        string? NameOf(int? id) => id is { } token ? tokenizer.Tokens[token] : null;
    }

    /// <summary>The template for a conversation.</summary>
    /// <param name="name">Its name; null for that of conversations with tools, where there are some and the model has one, else the default
    /// one.</param>
    /// <param name="hasTools">Whether the model may call tools.</param>
    /// <exception cref="ModelFormatException">There is none of that name, or none at all.</exception>
    /// <exception cref="ChatTemplateException">It is no Jinja.</exception>
    public ChatTemplate Get(string? name = null, bool hasTools = false)
    {
        name ??= hasTools && _sources.ContainsKey(ToolUseName) ? ToolUseName : DefaultName;
        if (_sources.TryGetValue(name, out string? source))
            return ChatTemplate.Parse(source);
        throw new ModelFormatException(_sources.Count == 0
            ? $"{Path} has no chat template."
            : $"{Path} has no chat template called {name}, only {string.Join(", ", _sources.Keys)}.");
    }

    private static ChatTemplateSet OfFolder(string folder)
    {
        ChatTemplateSet set = new(folder);
        bool found = set.ReadConfig(System.IO.Path.Combine(folder, "tokenizer_config.json"));
        set.ReadConfig(System.IO.Path.Combine(folder, "chat_template.json"));
        string single = System.IO.Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(single))
            set._sources[DefaultName] = File.ReadAllText(single);
        string more = System.IO.Path.Combine(folder, "additional_chat_templates");
        if (Directory.Exists(more))
        {
            foreach (string file in Directory.GetFiles(more, "*.jinja"))
                set._sources[System.IO.Path.GetFileNameWithoutExtension(file)] = File.ReadAllText(file);
        }
        if (!found && set._sources.Count == 0)
            throw new FileNotFoundException($"{folder} has neither a tokenizer_config.json nor a chat_template.jinja.", single);
        return set;
    }

    private bool ReadConfig(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = DeepestJson });
            JsonElement root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new ModelFormatException($"{path} holds no JSON object.");
            BosToken ??= TextOf(root, "bos_token");
            EosToken ??= TextOf(root, "eos_token");
            UnknownToken ??= TextOf(root, "unk_token");
            PaddingToken ??= TextOf(root, "pad_token");
            if (!root.TryGetProperty("chat_template", out JsonElement templates))
                return true;
            if (templates.ValueKind == JsonValueKind.String)
                _sources[DefaultName] = templates.GetString()!;
            foreach (JsonElement entry in templates.ValueKind == JsonValueKind.Array ? templates.EnumerateArray() : default)
            {
                if (entry.ValueKind == JsonValueKind.Object && TextOf(entry, "name") is { } name
                    && TextOf(entry, "template") is { } template)
                {
                    _sources[name] = template;
                }
            }
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException($"{path} is no sound JSON: {e.Message}", e);
        }
    }

    /// <summary>A text, or the content of an object that describes a token.</summary>
    private static string? TextOf(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out JsonElement element))
            return null;
        if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("content", out JsonElement content))
            element = content;
        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }
}
