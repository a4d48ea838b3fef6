using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>
/// What the files beside a tokenizer.json or tokenizer.model say: tokenizer_config.json, special_tokens_map.json and added_tokens.json of
/// the tokens, chat_template.jinja of conversations, config.json and generation_config.json of where a text ends and how many tokens the
/// model has.
/// </summary>
internal sealed record HuggingFaceTokenizerConfig
{
    /// <summary>What holds where there are no such files.</summary>
    public static readonly HuggingFaceTokenizerConfig None = new();

    private const string EndIdKey = "eos_token_id";

    public string? Bos { get; private init; }

    public string? Eos { get; private init; }

    public string? Unknown { get; private init; }

    public string? Padding { get; private init; }

    /// <summary>Null where the files do not say, as everywhere here.</summary>
    public bool? AddBos { get; private init; }

    public bool? AddEos { get; private init; }

    /// <summary>Whether a space is put before a text.</summary>
    public bool? AddPrefixSpace { get; private init; }

    /// <summary>Whether that is done after each added token, too, as it was at first.</summary>
    public bool? Legacy { get; private init; }

    public string? ChatTemplate { get; private init; }

    /// <summary>The model's number of tokens, which may be more than the tokenizer's.</summary>
    public int? VocabSize { get; private init; }

    /// <summary>Tokens at which a text ends; they need not be in the vocabulary.</summary>
    public IReadOnlyList<int> EndIds { get; private init; } = [];

    /// <summary>Tokens that are recognized by their names, by id. A tokenizer.json has its own list, which counts.</summary>
    public IReadOnlyDictionary<int, AddedToken> AddedTokens { get; private init; } = new Dictionary<int, AddedToken>();

    /// <summary>Reads those of the files that are in a folder.</summary>
    /// <exception cref="ModelFormatException">One is no JSON, or none of its kind.</exception>
    public static HuggingFaceTokenizerConfig ReadFolder(string folder)
    {
        JsonFile config = JsonFile.Open(folder, "tokenizer_config.json"), map = JsonFile.Open(folder, "special_tokens_map.json");
        JsonFile model = JsonFile.Open(folder, "config.json"), generation = JsonFile.Open(folder, "generation_config.json");
        string template = Path.Combine(folder, "chat_template.jinja");
        return new HuggingFaceTokenizerConfig
        {
            Bos = config.Mark("bos_token") ?? map.Mark("bos_token"),
            Eos = config.Mark("eos_token") ?? map.Mark("eos_token"),
            Unknown = config.Mark("unk_token") ?? map.Mark("unk_token"),
            Padding = config.Mark("pad_token") ?? map.Mark("pad_token"),
            AddBos = config.Flag("add_bos_token"),
            AddEos = config.Flag("add_eos_token"),
            AddPrefixSpace = config.Flag("add_prefix_space"),
            Legacy = config.Flag("legacy"),
            ChatTemplate = File.Exists(template) ? Encoding.UTF8.GetString(TokenizerLoader.ReadAll(template)) : config.Template(),
            VocabSize = model.Count("vocab_size") ?? model.Within("text_config").Count("vocab_size"),
            EndIds = [.. model.Tokens(EndIdKey), .. model.Within("text_config").Tokens(EndIdKey), .. generation.Tokens(EndIdKey)],
            AddedTokens = ReadAdded(config, map, JsonFile.Open(folder, "added_tokens.json")),
        };
    }

    /// <summary>The ids of ends that a vocabulary of so many tokens has; others can never be generated.</summary>
    public int[] EndIdsBelow(int count) => [.. EndIds.Where(id => id < count)];

    private static Dictionary<int, AddedToken> ReadAdded(JsonFile config, JsonFile map, JsonFile added)
    {
        HashSet<string> special = [.. map.Marks().Concat(config.Marks())];
        Dictionary<int, AddedToken> tokens = [];
        foreach (JsonProperty property in added.Properties())
        {
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetInt32(out int id))
                throw added.Bad($"'{Shown.Text(property.Name)}' has no whole number");
            tokens[added.Checked(id, property.Name)] = Token(id, property.Name, special.Contains(property.Name), default);
        }

        foreach (JsonProperty property in config.Within("added_tokens_decoder").Properties())
        {
            JsonElement token = property.Value;
            string? content = JsonFile.Text(token, "content");
            if (!int.TryParse(property.Name, out int id) || content is null)
                throw config.Bad($"added_tokens_decoder has '{Shown.Text(property.Name)}', which is no id of a token with its content");
            tokens[config.Checked(id, content)] = Token(
                id, content, JsonFile.Flag(token, "special") is true || special.Contains(content), FlagsOf(token, normalizing: false));
        }
        return tokens;

        // What ends a turn is a mark, though old finetunes do not say so.
        static AddedToken Token(int id, string name, bool special, AddedTokenFlags flags) =>
            new(id, name, special || EndNames.Contains(name) ? TokenKind.Control : TokenKind.UserDefined, flags);
    }

    /// <summary>How an added token is recognized.</summary>
    /// <param name="token">Its entry.</param>
    /// <param name="normalizing">Whether what reads the file looks for some tokens in normalized text.</param>
    public static AddedTokenFlags FlagsOf(JsonElement token, bool normalizing) =>
        (JsonFile.Flag(token, "lstrip") is true ? AddedTokenFlags.StripLeft : default)
        | (JsonFile.Flag(token, "rstrip") is true ? AddedTokenFlags.StripRight : default)
        | (JsonFile.Flag(token, "single_word") is true ? AddedTokenFlags.WholeWord : default)
        | (normalizing && JsonFile.Flag(token, "normalized") is true ? AddedTokenFlags.Normalized : default);

    /// <summary>A file of an object, or an object within one; where there is none, it says nothing.</summary>
    private readonly record struct JsonFile(string Path, JsonElement Root)
    {
        private static readonly string[] s_marks =
            ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"];

        public static JsonFile Open(string folder, string name)
        {
            string path = System.IO.Path.Combine(folder, name);
            if (!File.Exists(path))
                return new JsonFile(path, default);
            byte[] file = TokenizerLoader.ReadAll(path);
            if (!Utf8.IsValid(file))
                throw new ModelFormatException($"{path} is not UTF-8.");
            try
            {
                Utf8JsonReader reader = new(TokenizerLoader.WithoutMark(file));
                JsonElement root = JsonElement.ParseValue(ref reader);
                return root.ValueKind == JsonValueKind.Object
                    ? new JsonFile(path, root)
                    : throw new ModelFormatException($"{path} is no sound {name}: it is no object.");
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new ModelFormatException($"{path} is no sound {name}: {Shown.Text(e.Message)}", e);
            }
        }

        public static string? Text(JsonElement from, string key) =>
            Get(from, key) is { ValueKind: JsonValueKind.String } element ? TextOf(element) : null;

        public static bool? Flag(JsonElement from, string key) => Get(from, key).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        };

        public bool? Flag(string key) => Flag(Root, key);

        public JsonFile Within(string key) => new(Path, Get(Root, key));

        public List<JsonProperty> Properties() => Root.ValueKind == JsonValueKind.Object ? [.. Root.EnumerateObject()] : [];

        /// <summary>A token is its name, or an object with it.</summary>
        public string? Mark(string key) => MarkOf(Get(Root, key));

        /// <summary>The names of all marks that the file has.</summary>
        public IEnumerable<string> Marks()
        {
            JsonElement more = Get(Root, "additional_special_tokens");
            IEnumerable<JsonElement> elements = more.ValueKind == JsonValueKind.Array ? more.EnumerateArray() : [];
            return s_marks.Select(Mark).Concat(elements.Select(MarkOf)).OfType<string>();
        }

        /// <summary>A number that is a count; null where it is none or not said.</summary>
        public int? Count(string key) =>
            Get(Root, key) is { ValueKind: JsonValueKind.Number } element && element.TryGetInt32(out int count) && count > 0 ? count : null;

        /// <summary>A token, or a list of tokens; a number below zero stands for none.</summary>
        public List<int> Tokens(string key)
        {
            JsonElement element = Get(Root, key);
            if (element.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
                return [];
            List<int> ids = [];
            foreach (JsonElement entry in element.ValueKind == JsonValueKind.Array
                ? element.EnumerateArray() : (IEnumerable<JsonElement>)[element])
            {
                if (entry.ValueKind == JsonValueKind.Null)
                    continue;
                if (entry.ValueKind != JsonValueKind.Number || !entry.TryGetInt32(out int id))
                    throw Bad($"{key} = {Shown.Text(element.GetRawText())}, which is neither a token nor a list of tokens");
                if (id >= 0)
                    ids.Add(id);
            }
            return ids;
        }

        /// <summary>A template, or the one called default of several.</summary>
        public string? Template()
        {
            JsonElement element = Get(Root, "chat_template");
            if (element.ValueKind != JsonValueKind.Array)
                return MarkOf(element);
            return element.EnumerateArray().Where(static entry => Text(entry, "name") == "default")
                .Select(static entry => Text(entry, "template")).FirstOrDefault();
        }

        public int Checked(int id, string name) => id is >= 0 and < TokenizerLoader.MostTokens
            ? id
            : throw Bad($"the token '{Shown.Text(name)}' has the id {id}; at most {TokenizerLoader.MostTokens} tokens are read");

        public ModelFormatException Bad(FormattableString complaint) => new($"{Path}: {FormattableString.Invariant(complaint)}.");

        private static string? MarkOf(JsonElement element) =>
            element.ValueKind == JsonValueKind.Object ? Text(element, "content") : element.ValueKind == JsonValueKind.String
                ? TextOf(element) : null;

        private static JsonElement Get(JsonElement from, string key) =>
            from.ValueKind == JsonValueKind.Object && from.TryGetProperty(key, out JsonElement element) ? element : default;

        // An escape of half a character is no text.
        private static string? TextOf(JsonElement element)
        {
            try
            {
                return element.GetString();
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }
    }
}
