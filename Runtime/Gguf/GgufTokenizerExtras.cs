using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Llamalith.Contracts;

namespace Llamalith.Gguf;

/// <summary>
/// What a tokenizer may need said that GGUF has no keys for, under keys of Llamalith's own (tokenizer.llamalith). Other readers pass them
/// over and do as the rest says; where they are missing, the rest says all.
/// </summary>
public sealed record GgufTokenizerExtras
{
    /// <summary>What all of the keys begin with.</summary>
    public const string Prefix = "tokenizer.llamalith.";

    /// <summary>The version of these keys.</summary>
    public const int CurrentVersion = 1;

    /// <summary>None.</summary>
    public static readonly GgufTokenizerExtras None = new();

    /// <summary>The version of these keys; null in files of others, which leave more open.</summary>
    public int? Version { get; init; }

    /// <summary>
    /// The tokens at which a text ends, beside those that GGUF's own keys and their names mark; empty where none are said.
    /// </summary>
    public ImmutableArray<int> EndIds { get; init; } = [];

    /// <summary>When a space is put before a text; null for what add_space_prefix says.</summary>
    public string? SpacePrefix { get; init; }

    /// <summary>How text is normalized, "nfc" or null for not at all.</summary>
    public string? Normalizer { get; init; }

    /// <summary>
    /// Whether a word that is a token is that token, whatever merging would make of it; null for what tokenizer.ggml.pre implies.
    /// </summary>
    public bool? IgnoreMerges { get; init; }

    /// <summary>Whether neighbouring characters without a token become one unknown token; null for yes.</summary>
    public bool? FuseUnknown { get; init; }

    /// <summary>What the unknown token decodes to; null for what is usual.</summary>
    public string? UnknownText { get; init; }

    /// <summary>Whose rules a vocabulary of scores is merged by, "llama2.c" or null for SentencePiece's.</summary>
    public string? Rules { get; init; }

    /// <summary>
    /// Merges of a vocabulary whose words are SentencePiece's, as pairs of token ids, best first; empty where the scores say how it merges.
    /// </summary>
    public ImmutableArray<int> Merges { get; init; } = [];

    /// <summary>
    /// Pairs of a token and how it is recognized in a text: 1 and 2, white space before and after it belongs to it; 4, only as a whole
    /// word; 8 and 16, in the normalized text, by its normalized name or by its own.
    /// </summary>
    public ImmutableArray<int> AddedTokens { get; init; } = [];

    internal static GgufTokenizerExtras Read(GgufFile file, int tokens)
    {
        GgufMetadata metadata = file.Metadata;
        GgufTokenizerExtras extras = new()
        {
            Version = ReadVersion(),
            EndIds = Integers("end_token_ids"),
            SpacePrefix = metadata.GetText(Prefix + "space_prefix"),
            Normalizer = metadata.GetText(Prefix + "normalizer"),
            IgnoreMerges = metadata.GetBoolean(Prefix + "ignore_merges"),
            FuseUnknown = metadata.GetBoolean(Prefix + "fuse_unknown"),
            UnknownText = metadata.GetText(Prefix + "unknown_text"),
            Rules = metadata.GetText(Prefix + "rules"),
            Merges = Integers("merges"),
            AddedTokens = Integers("added_tokens"),
        };
        RequireTokens("end_token_ids", extras.EndIds, 1);
        RequireTokens("merges", extras.Merges, 1);
        RequireTokens("added_tokens", extras.AddedTokens, 2);
        if (extras.Merges.Length % 2 != 0 || extras.AddedTokens.Length % 2 != 0)
        {
            throw new ModelFormatException(
                $"{file.Path}: {Prefix}{(extras.Merges.Length % 2 != 0 ? "merges" : "added_tokens")} is a list of pairs, but has an odd "
                    + "length.");
        }

        return extras;

        int? ReadVersion() => metadata.GetInteger(Prefix + "version") switch
        {
            null => null,
            CurrentVersion => CurrentVersion,
            { } other => throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{file.Path}: {Prefix}version = {other}, but only {CurrentVersion} is read.")),
        };

        ImmutableArray<int> Integers(string name)
        {
            if (metadata.GetArray(Prefix + name) is not { } array)
                return [];
            long[] wide = array.ToIntegers();
            int[] values = new int[wide.Length];
            for (int i = 0; i < wide.Length; i++)
                values[i] = wide[i] is >= 0 and <= int.MaxValue ? (int)wide[i] : throw Bad(name, i, wide[i]);
            return ImmutableCollectionsMarshal.AsImmutableArray(values);
        }

        void RequireTokens(string name, ImmutableArray<int> values, int stride)
        {
            for (int i = 0; i < values.Length; i += stride)
            {
                if (values[i] >= tokens)
                    throw Bad(name, i, values[i]);
            }
        }

        ModelFormatException Bad(string name, int at, long value) => new(string.Create(
            CultureInfo.InvariantCulture, $"{file.Path}: {Prefix}{name}[{at}] = {value}, but there are {tokens} tokens."));
    }

    /// <summary>Adds the keys of what is said.</summary>
    internal void Write(GgufWriter writer)
    {
        if (Version is { } version)
            writer.Add(Prefix + "version", (uint)version);
        foreach ((string name, string? text) in (IEnumerable<(string, string?)>)
            [("space_prefix", SpacePrefix), ("normalizer", Normalizer), ("unknown_text", UnknownText), ("rules", Rules)])
        {
            if (text is not null)
                writer.Add(Prefix + name, text);
        }
        foreach ((string name, bool? flag) in (IEnumerable<(string, bool?)>)[("ignore_merges", IgnoreMerges),
            ("fuse_unknown", FuseUnknown)])
        {
            if (flag is { } value)
                writer.Add(Prefix + name, value);
        }
        foreach ((string name, ImmutableArray<int> list) in (IEnumerable<(string, ImmutableArray<int>)>)
            [("end_token_ids", EndIds), ("merges", Merges), ("added_tokens", AddedTokens)])
        {
            if (!list.IsDefaultOrEmpty)
                writer.Add(Prefix + name, GgufArrayContent.Of(list.AsSpan()));
        }
    }
}
