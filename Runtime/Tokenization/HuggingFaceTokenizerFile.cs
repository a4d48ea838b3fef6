using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Unicode;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>
/// Hugging Face's tokenizer.json, as far as it is byte-pair encoding: byte-level as Llama 3, SmolLM and Qwen 2 have it, or
/// SentencePiece's with byte tokens as Llama 2 has it. The file spells its steps out; steps that are not known are refused by name.
/// </summary>
internal sealed class HuggingFaceTokenizerFile
{
    private const int MostTokens = TokenizerLoader.MostTokens;

    private readonly string _source;
    private readonly List<(string Name, int Id)> _vocabulary = [];
    private readonly List<string> _merges = [];
    private readonly Dictionary<string, JsonElement> _parts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _model = new(StringComparer.Ordinal);

    private HuggingFaceTokenizerFile(string source) => _source = source;

    /// <summary>Reads a whole file.</summary>
    /// <param name="file">The tokenizer.json.</param>
    /// <param name="config">What the files beside it say.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="ModelFormatException">It is no such file, or does something that this runtime cannot do.</exception>
    public static BytePairTokenizer Read(ReadOnlySpan<byte> file, HuggingFaceTokenizerConfig config, string source)
    {
        HuggingFaceTokenizerFile content = new(source);
        if (!Utf8.IsValid(file))
            throw new ModelFormatException($"{source} is not UTF-8.");
        try
        {
            content.Read(file);
            return content.Build(config);
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"{source} is not valid JSON: {Shown.Text(e.Message)}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // An escape of half a character, or a value that is missing or of another kind than its place asks for.
            throw new ModelFormatException($"{source} is no sound tokenizer.json: {Shown.Text(e.Message)}", e);
        }
    }

    private void Read(ReadOnlySpan<byte> file)
    {
        Utf8JsonReader reader = new(file);
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, "the file");
        while (NextProperty(ref reader, out string name))
        {
            if (name == "model")
                ReadModel(ref reader);
            else
                _parts[name] = JsonElement.ParseValue(ref reader);
        }
    }

    private void ReadModel(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "model");
        while (NextProperty(ref reader, out string name))
        {
            switch (name)
            {
                case "vocab" when reader.TokenType == JsonTokenType.StartObject:
                    ReadVocabulary(ref reader);
                    break;
                case "merges" when reader.TokenType == JsonTokenType.StartArray:
                    ReadMerges(ref reader);
                    break;
                default:
                    _model[name] = JsonElement.ParseValue(ref reader);
                    break;
            }
        }
    }

    private void ReadVocabulary(ref Utf8JsonReader reader)
    {
        while (NextProperty(ref reader, out string name))
        {
            _vocabulary.Add((name, reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int id)
                ? CheckedId(name, id) : throw Bad($"model.vocab has no whole number for '{Shown.Text(name)}'")));
        }
    }

    /// <summary>Merges are "left right", in newer files ["left", "right"].</summary>
    private void ReadMerges(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                _merges.Add(reader.GetString()!);
                continue;
            }
            Expect(ref reader, JsonTokenType.StartArray, $"merge {_merges.Count}");
            string left = NextString(ref reader), right = NextString(ref reader);
            reader.Read();
            Expect(ref reader, JsonTokenType.EndArray, $"merge {_merges.Count}");
            if (left.Contains(' ', StringComparison.Ordinal) || right.Contains(' ', StringComparison.Ordinal))
                throw Bad($"merge {_merges.Count} has a piece with a space in it");
            _merges.Add($"{left} {right}");
        }
    }

    private string NextString(ref Utf8JsonReader reader)
    {
        reader.Read();
        Expect(ref reader, JsonTokenType.String, $"a piece of merge {_merges.Count}");
        return reader.GetString()!;
    }

    private static bool NextProperty(ref Utf8JsonReader reader, out string name)
    {
        name = "";
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
            return false;
        name = reader.GetString()!;
        reader.Read();
        return true;
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType wanted, string what)
    {
        if (reader.TokenType != wanted)
            throw Bad($"{what} is {reader.TokenType}, but {wanted} was expected");
    }

    private BytePairTokenizer Build(HuggingFaceTokenizerConfig config)
    {
        if (Text(_model, "type") is { } type and not "BPE")
            throw Bad($"model.type = {Shown.Text(type)}, but only BPE is read");
        if (_vocabulary.Count == 0)
            throw Bad($"model.vocab is missing or empty");
        if (_merges.Count == 0)
            throw Bad($"model.merges is missing or empty");
        Refuse("continuing_subword_prefix");
        Refuse("end_of_word_suffix");
        HuggingFaceSteps steps = HuggingFaceSteps.Read(_parts, _source);
        bool bytes = Flag(_model, "byte_fallback");
        List<AddedToken> added = ReadAddedTokens();
        int count = Math.Max(_vocabulary.Max(entry => entry.Id), added.Count == 0 ? 0 : added.Max(token => token.Id)) + 1;
        string[] names = new string[count];
        TokenKind[] kinds = new TokenKind[count];
        foreach ((string name, int id) in _vocabulary)
        {
            if (kinds[id] != 0)
                throw Bad($"the tokens '{Shown.Text(names[id])}' and '{Shown.Text(name)}' have the same id, {id}");
            names[id] = name;
            kinds[id] =
                bytes && Vocabulary.TryParseByte(System.Text.Encoding.UTF8.GetBytes(name), out _) ? TokenKind.Byte : TokenKind.Normal;
        }
        AddedTokenFlags[] flags = new AddedTokenFlags[count];
        foreach (AddedToken token in added)
        {
            bool strips = steps.CutsSpaces && (token.Flags & AddedTokenFlags.Normalized) != 0;
            (names[token.Id], kinds[token.Id]) = (token.Content, token.Kind);
            flags[token.Id] = strips ? token.Flags | AddedTokenFlags.StripsSpaces : token.Flags;
        }
        int unknown = Find(Text(_model, "unk_token") ?? config.Unknown);
        if (unknown >= 0 && steps.Words == PreTokenizer.SentencePiece)
            kinds[unknown] = TokenKind.Unknown;
        for (int id = 0; id < count; id++)
        {
            if (kinds[id] == 0)
                (names[id], kinds[id]) = ($"[PAD{id}]", TokenKind.Unused);
        }
        int bos = Find(config.Bos ?? steps.Bos), eos = Find(config.Eos ?? steps.Eos);
        return BytePairTokenizer.FromPieces(
            names,
            kinds,
            id => flags[id],
            vocabulary => MergeListReader.Read(vocabulary, _merges, steps.Words != PreTokenizer.SentencePiece, _source),
            new BytePairOptions
            {
                PreTokenizer = steps.Words,
                BosId = bos,
                EosId = eos,
                EndIds = config.EndIdsBelow(count),
                UnknownId = unknown,
                AddBos = config.AddBos ?? (steps.Bos is not null && Find(steps.Bos) == bos),
                AddEos = config.AddEos ?? (steps.Eos is not null && Find(steps.Eos) == eos),
                SpacePrefix = steps.SpacePrefix,
                Nfc = steps.Nfc,
                FuseUnknown = Flag(_model, "fuse_unk"),
                IgnoreMerges = Flag(_model, "ignore_merges"),
            },
            _source);

        int Find(string? name) => name is null ? -1 : Array.IndexOf(names, name);
    }

    private List<AddedToken> ReadAddedTokens()
    {
        List<AddedToken> tokens = [];
        if (!_parts.TryGetValue("added_tokens", out JsonElement list) || list.ValueKind == JsonValueKind.Null)
            return tokens;
        foreach (JsonElement element in list.EnumerateArray())
        {
            string name = element.GetProperty("content").GetString() ?? throw Bad($"an added token has no content");
            bool special = element.TryGetProperty("special", out JsonElement mark) && mark.ValueKind == JsonValueKind.True;
            tokens.Add(new AddedToken(
                CheckedId(name, element.GetProperty("id").GetInt32()),
                name,
                special ? TokenKind.Control : TokenKind.UserDefined,
                HuggingFaceTokenizerConfig.FlagsOf(element, normalizing: true)));
        }
        return tokens;
    }

    private int CheckedId(string name, int id) => id is >= 0 and < MostTokens
        ? id
        : throw Bad($"the token '{Shown.Text(name)}' has the id {id}; at most {MostTokens} tokens are read");

    private void Refuse(string key)
    {
        if (Text(_model, key) is { Length: > 0 } value)
            throw Bad($"model.{key} = '{Shown.Text(value)}', which cannot be done");
    }

    private static string? Text(Dictionary<string, JsonElement> from, string key) =>
        from.TryGetValue(key, out JsonElement element) && element.ValueKind != JsonValueKind.Null ? element.GetString() : null;

    private static bool Flag(Dictionary<string, JsonElement> from, string key) =>
        from.TryGetValue(key, out JsonElement element) && element.ValueKind == JsonValueKind.True;

    private ModelFormatException Bad(FormattableString complaint) => new($"{_source}: {FormattableString.Invariant(complaint)}.");
}
