using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Contracts;

namespace Llamalith.Gguf;

/// <summary>
/// The tokenizer that a GGUF file carries in its metadata, as plain data: what each token means is the tokenizer's business.
/// Copied out of the file, so it outlives it.
/// </summary>
public sealed record GgufTokenizerMetadata
{
    private const string Prefix = "tokenizer.ggml.";

    // Some files write "none" as -1 in an unsigned field.
    private const long NoToken = uint.MaxValue;

    /// <summary>The kind of tokenizer (tokenizer.ggml.model): "llama" is SentencePiece BPE, "gpt2" byte-level BPE.</summary>
    public required string Model { get; init; }

    /// <summary>The kind of pre-tokenizer (tokenizer.ggml.pre), where the file names one.</summary>
    public string? Pre { get; init; }

    /// <summary>The text of each token, by id. At least one.</summary>
    public required ImmutableArray<string> Tokens { get; init; }

    /// <summary>The score of each token; empty where the file has none.</summary>
    public ImmutableArray<float> Scores { get; init; } = [];

    /// <summary>
    /// The type of each token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; empty where the file has none.
    /// </summary>
    public ImmutableArray<int> TokenTypes { get; init; } = [];

    /// <summary>BPE merges, "left right", best first; empty where the file has none.</summary>
    public ImmutableArray<string> Merges { get; init; } = [];

    /// <summary>The token that begins a text.</summary>
    public int? BosId { get; init; }

    /// <summary>The token that ends a text.</summary>
    public int? EosId { get; init; }

    /// <summary>The token that ends a turn.</summary>
    public int? EotId { get; init; }

    /// <summary>The token that ends a message to a tool.</summary>
    public int? EomId { get; init; }

    /// <summary>The token that stands for what no token says.</summary>
    public int? UnknownId { get; init; }

    /// <summary>The token that fills up.</summary>
    public int? PaddingId { get; init; }

    /// <summary>Whether a text is encoded with <see cref="BosId"/> before it; null where the file leaves it open.</summary>
    public bool? AddBos { get; init; }

    /// <summary>Whether a text is encoded with <see cref="EosId"/> after it; null where the file leaves it open.</summary>
    public bool? AddEos { get; init; }

    /// <summary>Whether a space is put before a text; null where the file leaves it open.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary>Whether leading, trailing and doubled spaces are removed; null where the file leaves it open.</summary>
    public bool? RemoveExtraWhitespaces { get; init; }

    /// <summary>The model's name (general.name), by which readers know some models whose files leave something out.</summary>
    public string? ModelName { get; init; }

    /// <summary>What GGUF has no keys for.</summary>
    public GgufTokenizerExtras Extras { get; init; } = GgufTokenizerExtras.None;

    /// <summary>
    /// The same with unused tokens at the end, for a model that has more tokens than its tokenizer: embeddings are often padded to a
    /// round number.
    /// </summary>
    /// <param name="count">The model's number of tokens; where it is no larger than the tokenizer's, nothing is added.</param>
    public GgufTokenizerMetadata PaddedTo(int count)
    {
        const int Unused = 5;
        int first = Tokens.Length;
        if (count <= first)
            return this;
        return this with
        {
            Tokens = [.. Tokens,
                .. Enumerable.Range(first, count - first).Select(static id => string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]"))],
            TokenTypes = TokenTypes.IsEmpty ? TokenTypes : [.. TokenTypes, .. Enumerable.Repeat(Unused, count - first)],
            Scores = Scores.IsEmpty ? Scores : [.. Scores, .. new float[count - first]],
        };
    }

    /// <summary>The template (Jinja) that turns a conversation into a prompt (tokenizer.chat_template).</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Reads the tokenizer of a file; null where it carries none.</summary>
    /// <exception cref="ModelFormatException">Lists of different lengths, ids outside the vocabulary, values of other types.</exception>
    public static GgufTokenizerMetadata? Read(GgufFile file)
    {
        System.ArgumentNullException.ThrowIfNull(file);
        GgufMetadata metadata = file.Metadata;
        string? model = metadata.GetText(Prefix + "model");
        GgufArray? tokens = metadata.GetArray(Prefix + "tokens");
        if (model is null && tokens is null)
            return null;
        if (model is null || tokens is not { Count: > 0 })
            throw new ModelFormatException($"{file.Path}: a tokenizer needs both {Prefix}model and {Prefix}tokens.");
        return new GgufTokenizerMetadata
        {
            Model = model,
            Pre = metadata.GetText(Prefix + "pre"),
            Tokens = ImmutableCollectionsMarshal.AsImmutableArray(tokens.Value.ToStrings()),
            Scores = OnePerToken("scores") is { } scores ? ImmutableCollectionsMarshal.AsImmutableArray(scores.ToSingles()) : [],
            TokenTypes = OnePerToken("token_type") is { } types ? ReadTypes(types) : [],
            Merges =
                metadata.GetArray(Prefix + "merges") is { } merges ? ImmutableCollectionsMarshal.AsImmutableArray(merges.ToStrings()) : [],
            BosId = Token("bos_token_id"),
            EosId = Token("eos_token_id"),
            EotId = Token("eot_token_id"),
            EomId = Token("eom_token_id"),
            UnknownId = Token("unknown_token_id"),
            PaddingId = Token("padding_token_id"),
            AddBos = metadata.GetBoolean(Prefix + "add_bos_token"),
            AddEos = metadata.GetBoolean(Prefix + "add_eos_token"),
            AddSpacePrefix = metadata.GetBoolean(Prefix + "add_space_prefix"),
            RemoveExtraWhitespaces = metadata.GetBoolean(Prefix + "remove_extra_whitespaces"),
            ModelName = metadata.GetText("general.name"),
            Extras = GgufTokenizerExtras.Read(file, tokens.Value.Count is <= int.MaxValue and var count ? (int)count : int.MaxValue),
            ChatTemplate = metadata.GetText("tokenizer.chat_template"),
        };

        GgufArray? OnePerToken(string name)
        {
            GgufArray? array = metadata.GetArray(Prefix + name);
            if (array is { } found && found.Count != tokens.Value.Count)
            {
                throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{file.Path}: {Prefix}{name} has {found.Count} elements, but {Prefix}tokens has {tokens.Value.Count}."));
            }

            return array;
        }

        int? Token(string name)
        {
            long? id = metadata.GetInteger(Prefix + name);
            if (id is null or -1 or NoToken)
                return null;
            if (id < 0 || id >= tokens.Value.Count)
                throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture, $"{file.Path}: {Prefix}{name} = {id}, but there are {tokens.Value.Count} tokens."));
            return (int)id;
        }

        ImmutableArray<int> ReadTypes(GgufArray array)
        {
            long[] wide = array.ToIntegers();
            int[] types = new int[wide.Length];
            for (int i = 0; i < wide.Length; i++)
                types[i] = wide[i] is >= int.MinValue and <= int.MaxValue ? (int)wide[i] : throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture, $"{file.Path}: {Prefix}token_type[{i}] = {wide[i]}, which is no token type."));
            return ImmutableCollectionsMarshal.AsImmutableArray(types);
        }
    }
}
