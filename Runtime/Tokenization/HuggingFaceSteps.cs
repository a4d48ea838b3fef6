using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>What a tokenizer.json does before and after byte-pair encoding, brought down to what this runtime can do.</summary>
/// <param name="Words">How the text is cut.</param>
/// <param name="SpacePrefix">When a space is put before it.</param>
/// <param name="Bos">The name of the token that is put before the tokens of a text; null for none.</param>
/// <param name="Eos">The name of the token that is put after them; null for none.</param>
internal sealed record HuggingFaceSteps(PreTokenizer Words, SpacePrefix SpacePrefix, string? Bos, string? Eos)
{
    private const string Contractions = "'s|'t|'re|'ve|'m|'ll|'d";
    private const string Spaces = @"\s+(?!\S)|\s+";

    private static readonly Dictionary<string, PreTokenizer> Patterns = new(StringComparer.Ordinal)
    {
        [$@"(?i:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|{Spaces}"] = PreTokenizer.Llama3,
        [$@"(?i:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|{Spaces}"] = PreTokenizer.Qwen2,
        [$@"{Contractions}| ?\p{{L}}+| ?\p{{N}}+| ?[^\s\p{{L}}\p{{N}}]+|{Spaces}"] = PreTokenizer.Gpt2,
    };

    /// <summary>Reads the steps of a file.</summary>
    /// <exception cref="ModelFormatException">One of them is not known.</exception>
    public static HuggingFaceSteps Read(IReadOnlyDictionary<string, JsonElement> file, string source)
    {
        JsonElement[] normalizers = [.. Flatten(file, "normalizer", "normalizers").Where(step => TypeOf(step) != "NFC")];
        JsonElement[] splits = Flatten(file, "pre_tokenizer", "pretokenizers");
        (string? bos, string? eos) = ReadMarks(file);
        if (splits.Length > 0 && TypeOf(splits[^1]) == "ByteLevel")
        {
            if (normalizers.Length > 0)
                throw Unknown("normalizer", normalizers[0]);
            bool prefixed = Flag(splits[^1], "add_prefix_space", absent: true);
            return new HuggingFaceSteps(WordsOf(splits), prefixed ? SpacePrefix.WhenMissing : SpacePrefix.None, bos, eos);
        }
        return new HuggingFaceSteps(PreTokenizer.SentencePiece, PrefixOf(normalizers, splits), bos, eos);

        PreTokenizer WordsOf(JsonElement[] splits)
        {
            bool ownWords = Flag(splits[^1], "use_regex", absent: true);
            switch (splits.Length, ownWords)
            {
                case (1, true):
                    return PreTokenizer.Gpt2;
                case (2, true) when TypeOf(splits[0]) == "Digits" && Flag(splits[0], "individual_digits", absent: false):
                    return PreTokenizer.SmolLM;
                case (2, false) when TypeOf(splits[0]) == "Split" && Text(splits[0], "behavior") == "Isolated" && !Flag(splits[0], "invert", absent: false):
                    string? pattern = splits[0].TryGetProperty("pattern", out JsonElement kind) ? Text(kind, "Regex") : null;
                    if (pattern is not null && Patterns.TryGetValue(pattern, out PreTokenizer words))
                        return words;
                    throw Unknown("pre_tokenizer", splits[0]);
                default:
                    throw Unknown("pre_tokenizer", splits[0]);
            }
        }

        // Older files put the space and its U+2581 in while normalizing, newer ones while cutting, which then cuts nothing.
        SpacePrefix PrefixOf(JsonElement[] normalizers, JsonElement[] splits)
        {
            SpacePrefix prefix = SpacePrefix.None;
            bool replaced = false;
            foreach (JsonElement step in normalizers)
            {
                if (TypeOf(step) == "Prepend" && Text(step, "prepend") == "\u2581")
                    prefix = SpacePrefix.Always;
                else if (TypeOf(step) == "Replace" && Text(step, "content") == "\u2581" && step.TryGetProperty("pattern", out JsonElement pattern) && Text(pattern, "String") == " ")
                    replaced = true;
                else
                    throw Unknown("normalizer", step);
            }
            foreach (JsonElement step in splits)
            {
                if (TypeOf(step) != "Metaspace" || Text(step, "replacement") != "\u2581" || Flag(step, "split", absent: true) || replaced)
                    throw Unknown("pre_tokenizer", step);
                replaced = true;
                prefix = Text(step, "prepend_scheme") switch
                {
                    "never" => SpacePrefix.None,
                    "first" => SpacePrefix.WhenMissingAtStart,
                    "always" => SpacePrefix.WhenMissing,
                    _ => throw Unknown("pre_tokenizer", step),
                };
            }
            return replaced
                ? prefix
                : throw new ModelFormatException($"{source}: the text is neither made bytes (ByteLevel) nor are its spaces replaced (Metaspace): this is no tokenizer of a kind that is read.");
        }

        ModelFormatException Unknown(string part, JsonElement step) => new($"{source}: {part} has the step {Shown.Text(step.GetRawText())}, which is not known.");
    }

    /// <summary>The single step that stands there, or those of a sequence.</summary>
    private static JsonElement[] Flatten(IReadOnlyDictionary<string, JsonElement> file, string part, string list)
    {
        if (!file.TryGetValue(part, out JsonElement element) || element.ValueKind == JsonValueKind.Null)
            return [];
        return TypeOf(element) == "Sequence" && element.TryGetProperty(list, out JsonElement steps) ? [.. steps.EnumerateArray()] : [element];
    }

    /// <summary>A template such as [BOS] text [EOS] says which marks a text gets.</summary>
    private static (string? Bos, string? Eos) ReadMarks(IReadOnlyDictionary<string, JsonElement> file)
    {
        foreach (JsonElement step in Flatten(file, "post_processor", "processors"))
        {
            if (TypeOf(step) != "TemplateProcessing" || !step.TryGetProperty("single", out JsonElement single))
                continue;
            JsonElement[] parts = [.. single.EnumerateArray()];
            return parts.Length == 0 ? (null, null) : (Mark(parts[0]), parts.Length > 1 ? Mark(parts[^1]) : null);
        }
        return (null, null);

        static string? Mark(JsonElement part) => part.TryGetProperty("SpecialToken", out JsonElement token) ? Text(token, "id") : null;
    }

    private static string? TypeOf(JsonElement step) => Text(step, "type");

    private static string? Text(JsonElement from, string key) =>
        from.TryGetProperty(key, out JsonElement element) && element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    private static bool Flag(JsonElement from, string key, bool absent) => from.TryGetProperty(key, out JsonElement element) ? element.ValueKind == JsonValueKind.True : absent;
}
