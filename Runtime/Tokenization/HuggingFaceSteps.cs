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
/// <param name="Nfc">Whether it is brought into Normalization Form C first.</param>
/// <param name="CutsSpaces">Whether spaces are treated while cutting (Metaspace); else while normalizing, if at all.</param>
/// <param name="Bos">The name of the token that is put before the tokens of a text; null for none.</param>
/// <param name="Eos">The name of the token that is put after them; null for none.</param>
internal sealed record HuggingFaceSteps(PreTokenizer Words, SpacePrefix SpacePrefix, bool Nfc, bool CutsSpaces, string? Bos, string? Eos)
{
    private const string Contractions = "'s|'t|'re|'ve|'m|'ll|'d";
    private const string AnyCase = $"(?i:{Contractions})";
    private const string Spaces = @"\s+(?!\S)|\s+";
    private const string Lines = @"\s*[\r\n]+|" + Spaces;
    private const string Others = @" ?[^\s\p{L}\p{N}]+";
    private const string Letters = @"[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string SmallLast = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+";
    private const string CapitalFirst = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";
    private const string ThreeDigits = @"\p{N}{1,3}";

    private static readonly Dictionary<string, PreTokenizer> Patterns = new(StringComparer.Ordinal)
    {
        [$@"{AnyCase}|{Letters}|{ThreeDigits}|{Others}[\r\n]*|{Lines}"] = PreTokenizer.Llama3,
        [$@"{AnyCase}|{Letters}|\p{{N}}|{Others}[\r\n]*|{Lines}"] = PreTokenizer.Qwen2,
        [$@"{AnyCase}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{Lines}"] = PreTokenizer.Qwen35,
        [$@"{Contractions}| ?\p{{L}}+| ?\p{{N}}+|{Others}|{Spaces}"] = PreTokenizer.Gpt2,
        [$@"{SmallLast}{AnyCase}?|{CapitalFirst}{AnyCase}?|{ThreeDigits}|{Others}[\r\n/]*|{Lines}"] = PreTokenizer.Gpt4o,
        [$@"{SmallLast}|{CapitalFirst}|\p{{N}}|{Others}[\r\n/]*|{Lines}"] = PreTokenizer.Tekken,
    };

    /// <summary>DeepSeek's three cuts, one after the other.</summary>
    private static readonly string[] s_deepSeek =
    [
        ThreeDigits,
        "[一-龥぀-ゟ゠-ヿ]+",
        """[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|""" + Lines,
    ];

    /// <summary>Reads the steps of a file.</summary>
    /// <exception cref="ModelFormatException">One of them is not known.</exception>
    public static HuggingFaceSteps Read(IReadOnlyDictionary<string, JsonElement> file, string source)
    {
        JsonElement[] normalizers = Flatten(file, "normalizer", "normalizers");
        bool nfc = normalizers is [{ } first, ..] && TypeOf(first) == "NFC";
        normalizers = normalizers[(nfc ? 1 : 0)..];
        JsonElement[] splits = Flatten(file, "pre_tokenizer", "pretokenizers");
        (string? bos, string? eos) = ReadMarks(file);
        if (splits.Length > 0 && TypeOf(splits[^1]) == "ByteLevel")
        {
            if (normalizers.Length > 0)
                throw Unknown("normalizer", normalizers[0]);
            bool prefixed = Flag(splits[^1], "add_prefix_space", absent: true);
            return new HuggingFaceSteps(
                WordsOf(splits), prefixed ? SpacePrefix.WhenMissing : SpacePrefix.None, nfc, CutsSpaces: false, bos, eos);
        }
        return new HuggingFaceSteps(
            PreTokenizer.SentencePiece, PrefixOf(normalizers, splits), nfc, splits.Any(step => TypeOf(step) == "Metaspace"), bos, eos);

        PreTokenizer WordsOf(JsonElement[] splits)
        {
            bool ownWords = Flag(splits[^1], "use_regex", absent: true);
            switch (splits.Length, ownWords)
            {
                case (1, true):
                    return PreTokenizer.Gpt2;
                case (2, true) when TypeOf(splits[0]) == "Digits" && Flag(splits[0], "individual_digits", absent: false):
                    return PreTokenizer.SmolLM;
                case (2, false) when ExpressionOf(splits[0]) is { } pattern && Patterns.TryGetValue(pattern, out PreTokenizer words):
                    return words;
                case (4, false) when splits[..3].All(IsCut) && splits[..3].Select(ExpressionOf).SequenceEqual(s_deepSeek):
                    return PreTokenizer.DeepSeek3;
                default:
                    throw Unknown("pre_tokenizer", splits[0]);
            }
        }

        // Line ends may be written as escapes or as such.
        string? ExpressionOf(JsonElement step) => IsCut(step) || IsSieve(step)
            ? PatternOf(step, "Regex")?.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
            : null;

        // Matches are words, and so is what lies between.
        bool IsCut(JsonElement step) =>
            TypeOf(step) == "Split" && Text(step, "behavior") == "Isolated" && !Flag(step, "invert", absent: false);

        // What lies between is thrown away; where everything matches, that is nothing.
        bool IsSieve(JsonElement step) =>
            TypeOf(step) == "Split" && Text(step, "behavior") == "Removed" && Flag(step, "invert", absent: false);

        // Older files put the space and its U+2581 in while normalizing, newer ones while cutting, which then cuts nothing.
        SpacePrefix PrefixOf(JsonElement[] normalizers, JsonElement[] splits)
        {
            SpacePrefix prefix = SpacePrefix.None;
            bool replaced = false;
            foreach (JsonElement step in normalizers)
            {
                if (TypeOf(step) == "Prepend" && Text(step, "prepend") == "\u2581")
                    prefix = SpacePrefix.Always;
                else if (TypeOf(step) == "Replace" && Text(step, "content") == "\u2581" && PatternOf(step, "String") == " ")
                    replaced = true;
                else
                    throw Unknown("normalizer", step);
            }
            foreach (JsonElement step in splits)
            {
                // Gemma's cuts at spaces that are none any more.
                if (replaced && TypeOf(step) == "Split" && PatternOf(step, "String") == " ")
                    continue;
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
                : throw new ModelFormatException(
                    $"{source}: the text is neither made bytes (ByteLevel) nor are its spaces replaced (Metaspace): this is no tokenizer "
                        + "of a kind that is read.");
        }

        ModelFormatException Unknown(string part, JsonElement step) =>
            new($"{source}: {part} has the step {Shown.Text(step.GetRawText())}, which is not known.");
    }

    /// <summary>The single step that stands there, or those of a sequence.</summary>
    private static JsonElement[] Flatten(IReadOnlyDictionary<string, JsonElement> file, string part, string list)
    {
        if (!file.TryGetValue(part, out JsonElement element) || element.ValueKind == JsonValueKind.Null)
            return [];
        return TypeOf(element) == "Sequence" && element.TryGetProperty(list, out JsonElement steps)
            ? [.. steps.EnumerateArray()] : [element];
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

    private static string? PatternOf(JsonElement step, string kind) =>
        step.TryGetProperty("pattern", out JsonElement pattern) ? Text(pattern, kind) : null;

    private static string? TypeOf(JsonElement step) => Text(step, "type");

    private static string? Text(JsonElement from, string key) =>
        from.TryGetProperty(key, out JsonElement element) && element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    private static bool Flag(JsonElement from, string key, bool absent) =>
        from.TryGetProperty(key, out JsonElement element) ? element.ValueKind == JsonValueKind.True : absent;
}
