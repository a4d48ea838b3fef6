using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>
/// The vocabulary that a GGUF file carries in its metadata: SentencePiece's (tokenizer.ggml.model = "llama") or byte-level
/// byte-pair encoding (gpt2).
/// </summary>
internal static class GgufTokenizer
{
    private const string SentencePiece = "llama", ByteLevelPairs = "gpt2";
    private const string Nfc = "nfc", Llama2c = "llama2.c", ToolEnd = "<|eom_id|>";

    private static readonly string[] s_stripping = ["phi-3", "phi3"];

    private static readonly (string? Name, SpacePrefix Prefix)[] s_prefixes =
    [
        ("never", SpacePrefix.None),
        ("always", SpacePrefix.Always),
        ("when_missing", SpacePrefix.WhenMissing),
        ("when_missing_at_start", SpacePrefix.WhenMissingAtStart),
        ("at_start", SpacePrefix.AtStart),
    ];

    /// <summary>Makes a tokenizer of it.</summary>
    /// <exception cref="ModelFormatException">It is of another kind, or cannot encode every text.</exception>
    public static VocabularyTokenizer Create(GgufTokenizerMetadata metadata, string source) => metadata.Model switch
    {
        SentencePiece => CreateSentencePiece(metadata, source),
        ByteLevelPairs => CreateBytePairs(metadata, source),
        _ => throw new ModelFormatException(
            $"{source}: tokenizer.ggml.model = {Shown.Text(metadata.Model)}, but only {SentencePiece} and {ByteLevelPairs} are read."),
    };

    /// <summary>Where the file leaves something open, Llama 2's answer holds.</summary>
    private static VocabularyTokenizer CreateSentencePiece(GgufTokenizerMetadata metadata, string source)
    {
        GgufTokenizerExtras extras = metadata.Extras;
        if (metadata.Scores.IsEmpty && extras.Merges.IsEmpty)
            throw new ModelFormatException($"{source}: tokenizer.ggml.scores is missing, so no order of merging is known.");
        SentencePieceOptions llama2 = new();
        int bos = metadata.BosId ?? OrNone(llama2.BosId);
        int eos = metadata.EosId ?? OrNone(llama2.EosId);
        TokenKind[] kinds = new TokenKind[metadata.Tokens.Length];
        for (int id = 0; id < kinds.Length; id++)
            kinds[id] = metadata.TokenTypes.IsEmpty ? KindByName(id) : (TokenKind)metadata.TokenTypes[id];
        MakeMarks(metadata, kinds);
        Dictionary<int, AddedTokenFlags> flags = FlagsOf(metadata, kinds);
        SpacePrefix prefix = PrefixOf(extras, source) ?? (metadata.AddSpacePrefix ?? true ? SpacePrefix.Always : SpacePrefix.None);
        if (!extras.Merges.IsEmpty)
        {
            return BytePairTokenizer.FromPieces(
                metadata.Tokens,
                kinds,
                id => flags.GetValueOrDefault(id),
                vocabulary => MergeListReader.Read(vocabulary, extras.Merges.AsSpan(), $"{source}: {GgufTokenizerExtras.Prefix}merges"),
                new BytePairOptions
                {
                    PreTokenizer = PreTokenizer.SentencePiece,
                    BosId = bos,
                    EosId = eos,
                    EotId = metadata.EotId ?? -1,
                    EndIds = EndsOf(metadata),
                    UnknownId = metadata.UnknownId ?? -1,
                    AddBos = metadata.AddBos ?? llama2.AddBos,
                    AddEos = metadata.AddEos ?? llama2.AddEos,
                    SpacePrefix = prefix,
                    Nfc = IsNfc(extras, source),
                    FuseUnknown = extras.FuseUnknown ?? true,
                    IgnoreMerges = extras.IgnoreMerges ?? false,
                },
                source);
        }

        MergeRules rules = RulesOf(extras, source);
        VocabularyBuilder tokens = new(source, metadata.Tokens.Length);
        for (int id = 0; id < kinds.Length; id++)
            AddPiece(tokens, metadata.Tokens[id], metadata.Scores[id], kinds[id], flags.GetValueOrDefault(id), rules);
        return new SentencePieceTokenizer(
            tokens,
            new SentencePieceOptions
            {
                BosId = bos,
                EosId = eos,
                EotId = metadata.EotId ?? -1,
                EndIds = EndsOf(metadata),
                AddBos = metadata.AddBos ?? llama2.AddBos,
                AddEos = metadata.AddEos ?? llama2.AddEos,
                SpacePrefix = prefix,
                Nfc = IsNfc(extras, source),
                RemoveExtraWhitespaces = metadata.RemoveExtraWhitespaces ?? llama2.RemoveExtraWhitespaces,
                UnknownText = extras.UnknownText ?? llama2.UnknownText,
            },
            rules);

        // Llama 2's mark, provided that this vocabulary has a mark there.
        int OrNone(int id)
        {
            bool mark = extras.Version is null && id < metadata.Tokens.Length
                && (metadata.TokenTypes.IsEmpty || metadata.TokenTypes[id] == (int)TokenKind.Control);
            return mark ? id : -1;
        }

        // Early files say no types.
        TokenKind KindByName(int id)
        {
            if (id == (metadata.UnknownId ?? 0))
                return TokenKind.Unknown;
            if (id == bos || id == eos || id == metadata.EotId || id == metadata.EomId || id == metadata.PaddingId)
                return TokenKind.Control;
            return Vocabulary.TryParseByte(Encoding.UTF8.GetBytes(metadata.Tokens[id]), out _) ? TokenKind.Byte : TokenKind.Normal;
        }
    }

    private static void AddPiece(
        VocabularyBuilder tokens, string name, float score, TokenKind kind, AddedTokenFlags flags, MergeRules rules)
    {
        // To llama2.c a mark's name is what it prints for it, a line of its own.
        bool isLine = rules == MergeRules.Llama2c && kind == TokenKind.Control;
        tokens.Add(Spaces.FromMeta(Encoding.UTF8.GetBytes(isLine ? $"\n{name}\n" : name)), score, kind, name, flags);
    }

    /// <summary>Where the file leaves something open, the answer of the models that share its pre-tokenizer holds.</summary>
    private static BytePairTokenizer CreateBytePairs(GgufTokenizerMetadata metadata, string source)
    {
        if (metadata.Merges.IsEmpty)
            throw new ModelFormatException($"{source}: tokenizer.ggml.merges is missing, so no order of merging is known.");
        PreTokenizerName pre = PreTokenizerNames.Parse(metadata.Pre) ?? throw new ModelFormatException(
            $"{source}: tokenizer.ggml.pre = {Shown.Text(metadata.Pre!)}, but only {string.Join(", ", PreTokenizerNames.All)} are read.");
        GgufTokenizerExtras extras = metadata.Extras;
        TokenKind[] kinds = new TokenKind[metadata.Tokens.Length];
        for (int id = 0; id < kinds.Length; id++)
        {
            bool mark =
                id == metadata.BosId || id == metadata.EosId || id == metadata.EotId || id == metadata.EomId || id == metadata.PaddingId;
            kinds[id] = !metadata.TokenTypes.IsEmpty ? (TokenKind)metadata.TokenTypes[id] : mark ? TokenKind.Control : TokenKind.Normal;
        }
        MakeMarks(metadata, kinds);
        Dictionary<int, AddedTokenFlags> flags = FlagsOf(metadata, kinds);
        return BytePairTokenizer.FromPieces(
            metadata.Tokens,
            kinds,
            id => flags.GetValueOrDefault(id),
            vocabulary => MergeListReader.Read(vocabulary, metadata.Merges, isByteLevel: true, source),
            new BytePairOptions
            {
                PreTokenizer = pre.Words,
                BosId = metadata.BosId ?? -1,
                EosId = metadata.EosId ?? -1,
                EotId = metadata.EotId ?? -1,
                EndIds = EndsOf(metadata),
                UnknownId = metadata.UnknownId ?? -1,
                AddBos = metadata.AddBos ?? pre.AddBos,
                AddEos = metadata.AddEos ?? false,
                SpacePrefix = PrefixOf(extras, source) ?? (metadata.AddSpacePrefix is true ? SpacePrefix.WhenMissing : SpacePrefix.None),
                Nfc = IsNfc(extras, source),
                FuseUnknown = extras.FuseUnknown ?? true,
                IgnoreMerges = extras.IgnoreMerges ?? pre.IgnoreMerges,
            },
            source);
    }

    /// <summary>
    /// Converters have called marks that end a text ordinary or user-defined tokens: by name they are known to be control tokens, as
    /// llama.cpp does it. A file of our own is right about its types.
    /// </summary>
    private static void MakeMarks(GgufTokenizerMetadata metadata, TokenKind[] kinds)
    {
        for (int id = 0; id < kinds.Length && metadata.Extras.Version is null; id++)
        {
            if (kinds[id] is TokenKind.Normal or TokenKind.UserDefined && EndNames.Contains(metadata.Tokens[id]))
                kinds[id] = TokenKind.Control;
        }
    }

    private static int[] EndsOf(GgufTokenizerMetadata metadata) =>
        metadata.EomId is { } eom ? [eom, .. metadata.Extras.EndIds] : [.. metadata.Extras.EndIds];

    private static Dictionary<int, AddedTokenFlags> FlagsOf(GgufTokenizerMetadata metadata, TokenKind[] kinds)
    {
        GgufTokenizerExtras extras = metadata.Extras;
        Dictionary<int, AddedTokenFlags> flags = [];
        for (int i = 0; i + 1 < extras.AddedTokens.Length; i += 2)
            flags[extras.AddedTokens[i]] = (AddedTokenFlags)extras.AddedTokens[i + 1];
        if (extras.Version is not null || metadata.ModelName is not { } name
            || !s_stripping.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase)))
        {
            return flags;
        }

        // Phi-3's marks take the line end after them along, which the files of others cannot say; llama.cpp knows these models by name,
        // too.
        for (int id = 0; id < kinds.Length; id++)
        {
            if (kinds[id] is TokenKind.Control or TokenKind.UserDefined && metadata.Tokens[id] is not ("<unk>" or "<s>" or "<|endoftext|>"))
                flags[id] = AddedTokenFlags.StripRight;
        }
        return flags;
    }

    private static SpacePrefix? PrefixOf(GgufTokenizerExtras extras, string source) => extras.SpacePrefix switch
    {
        null => null,
        { } name when s_prefixes.FirstOrDefault(entry => entry.Name == name) is { Name: not null } found => found.Prefix,
        { } name => throw Unknown(source, "space_prefix", name),
    };

    private static bool IsNfc(GgufTokenizerExtras extras, string source) => extras.Normalizer switch
    {
        null => false,
        Nfc => true,
        { } name => throw Unknown(source, "normalizer", name),
    };

    private static MergeRules RulesOf(GgufTokenizerExtras extras, string source) => extras.Rules switch
    {
        null => MergeRules.SentencePiece,
        Llama2c => MergeRules.Llama2c,
        { } name => throw Unknown(source, "rules", name),
    };

    private static ModelFormatException Unknown(string source, string key, string value) =>
        new($"{source}: {GgufTokenizerExtras.Prefix}{key} = {Shown.Text(value)}, which is not known.");

    /// <summary>The way back: what a GGUF file would say of a vocabulary of scores.</summary>
    public static GgufTokenizerMetadata Describe(
        SentencePieceTokenizer tokenizer, Vocabulary vocabulary, SentencePieceOptions options, IReadOnlyList<AddedToken> added)
    {
        float[] scores = new float[vocabulary.Count];
        for (int id = 0; id < scores.Length; id++)
            scores[id] = vocabulary.Score(id);
        bool llama2c = vocabulary.Rules == MergeRules.Llama2c;
        GgufTokenizerMetadata metadata = Describe(tokenizer, options, added);
        return metadata with
        {
            Model = SentencePiece,
            Tokens = llama2c ? [.. metadata.Tokens.Select(static name => name.Replace(' ', '\u2581'))] : metadata.Tokens,
            Scores = ImmutableCollectionsMarshal.AsImmutableArray(scores),
            AddSpacePrefix = options.SpacePrefix != SpacePrefix.None,
            RemoveExtraWhitespaces = options.RemoveExtraWhitespaces ? true : null,
            Extras = Extras(tokenizer, options, added, usual: SpacePrefix.Always) with
            {
                Rules = llama2c ? Llama2c : null,
                UnknownText = options.UnknownText != new SentencePieceOptions().UnknownText ? options.UnknownText : null,
            },
        };
    }

    /// <summary>
    /// What a GGUF file would say of a byte-pair vocabulary. One whose words are SentencePiece's is described as such: a piece's score is
    /// the place in the list of the first merge that makes it, which is what other readers go by, and the merges are in a key of our own.
    /// </summary>
    public static GgufTokenizerMetadata Describe(
        BytePairTokenizer tokenizer, BytePairOptions options, IReadOnlyList<AddedToken> added, MergeTable merges)
    {
        GgufTokenizerMetadata metadata = Describe(tokenizer, options, added);
        List<(int Left, int Right, int Piece)> inOrder = merges.InOrder();
        bool sentencePiece = options.PreTokenizer == PreTokenizer.SentencePiece;
        PreTokenizerName? pre = sentencePiece ? null : PreTokenizerNames.Of(options.PreTokenizer);
        GgufTokenizerExtras extras =
            Extras(tokenizer, options, added, usual: sentencePiece ? SpacePrefix.Always : SpacePrefix.WhenMissing) with
        {
            FuseUnknown = options.FuseUnknown ? null : false,
            IgnoreMerges = options.IgnoreMerges != (pre?.IgnoreMerges ?? false) ? options.IgnoreMerges : null,
            Merges = sentencePiece ? [.. inOrder.SelectMany(static merge => (int[])[merge.Left, merge.Right])] : [],
        };
        return metadata with
        {
            Model = sentencePiece ? SentencePiece : ByteLevelPairs,
            Pre = pre?.Name,
            Scores = sentencePiece ? ImmutableCollectionsMarshal.AsImmutableArray(Scores(tokenizer.VocabSize, inOrder)) : [],
            Merges = sentencePiece ? [] : [.. inOrder.Select(merge => $"{metadata.Tokens[merge.Left]} {metadata.Tokens[merge.Right]}")],
            AddSpacePrefix = options.SpacePrefix != SpacePrefix.None,
            Extras = extras,
        };
    }

    private static GgufTokenizerMetadata Describe(VocabularyTokenizer tokenizer, VocabularyOptions options, IReadOnlyList<AddedToken> added)
    {
        string[] tokens = new string[tokenizer.VocabSize];
        int[] kinds = new int[tokens.Length];
        for (int id = 0; id < tokens.Length; id++)
        {
            tokens[id] = tokenizer.GetName(id);
            kinds[id] = (int)tokenizer.GetKind(id);
        }
        return new GgufTokenizerMetadata
        {
            Model = "",
            Tokens = ImmutableCollectionsMarshal.AsImmutableArray(tokens),
            TokenTypes = ImmutableCollectionsMarshal.AsImmutableArray(kinds),
            BosId = OrNull(options.BosId),
            EosId = OrNull(options.EosId),
            EotId = OrNull(tokenizer.EotId),
            EomId = OrNull(added.FirstOrDefault(static token => token.Content == ToolEnd, new AddedToken(-1, "", default, default)).Id),
            UnknownId = OrNull(tokenizer.UnknownId),
            AddBos = options.AddBos,
            AddEos = options.AddEos,
        };
    }

    /// <summary>What both kinds may need said that GGUF's own keys do not.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="options">Its options.</param>
    /// <param name="added">Its tokens that are known by name.</param>
    /// <param name="usual">The rule that add_space_prefix = true stands for.</param>
    private static GgufTokenizerExtras Extras(
        VocabularyTokenizer tokenizer, VocabularyOptions options, IReadOnlyList<AddedToken> added, SpacePrefix usual) => new()
    {
        Version = GgufTokenizerExtras.CurrentVersion,
        EndIds = tokenizer.Ends.Tokens,
        SpacePrefix = options.SpacePrefix == usual || options.SpacePrefix == SpacePrefix.None
            ? null
            : s_prefixes.First(entry => entry.Prefix == options.SpacePrefix).Name,
        Normalizer = options.Nfc ? Nfc : null,
        AddedTokens = [.. added.Where(static token => token.Flags != 0).SelectMany(static token => (int[])[token.Id, (int)token.Flags])],
    };

    private static float[] Scores(int count, List<(int Left, int Right, int Piece)> merges)
    {
        float[] scores = new float[count];
        for (int place = merges.Count - 1; place >= 0; place--)
            scores[merges[place].Piece] = -(place + 1);
        return scores;
    }

    private static int? OrNull(int id) => id < 0 ? null : id;
}
