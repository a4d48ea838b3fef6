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
    private static SentencePieceTokenizer CreateSentencePiece(GgufTokenizerMetadata metadata, string source)
    {
        if (metadata.Scores.IsEmpty)
            throw new ModelFormatException($"{source}: tokenizer.ggml.scores is missing, so no order of merging is known.");
        SentencePieceOptions llama2 = new();
        int bos = metadata.BosId ?? OrNone(llama2.BosId);
        int eos = metadata.EosId ?? OrNone(llama2.EosId);
        VocabularyBuilder tokens = new(source, metadata.Tokens.Length);
        for (int id = 0; id < metadata.Tokens.Length; id++)
        {
            byte[] name = Encoding.UTF8.GetBytes(metadata.Tokens[id]);
            TokenKind kind = metadata.TokenTypes.IsEmpty ? KindByName(id, name) : (TokenKind)metadata.TokenTypes[id];
            tokens.Add(Spaces.FromMeta(name), metadata.Scores[id], kind);
        }
        return new SentencePieceTokenizer(
            tokens,
            new SentencePieceOptions
            {
                BosId = bos,
                EosId = eos,
                EotId = metadata.EotId ?? -1,
                AddBos = metadata.AddBos ?? llama2.AddBos,
                AddEos = metadata.AddEos ?? llama2.AddEos,
                AddSpacePrefix = metadata.AddSpacePrefix ?? llama2.AddSpacePrefix,
            },
            MergeRules.SentencePiece);

        // Llama 2's mark, provided that this vocabulary has a mark there.
        int OrNone(int id)
        {
            bool mark = id < metadata.Tokens.Length && (metadata.TokenTypes.IsEmpty || metadata.TokenTypes[id] == (int)TokenKind.Control);
            return mark ? id : -1;
        }

        // Early files say no types.
        TokenKind KindByName(int id, byte[] name)
        {
            if (id == (metadata.UnknownId ?? 0))
                return TokenKind.Unknown;
            if (id == bos || id == eos || id == metadata.EotId || id == metadata.PaddingId)
                return TokenKind.Control;
            return Vocabulary.TryParseByte(name, out _) ? TokenKind.Byte : TokenKind.Normal;
        }
    }

    /// <summary>Where the file leaves something open, the answer of the models that share its pre-tokenizer holds.</summary>
    private static BytePairTokenizer CreateBytePairs(GgufTokenizerMetadata metadata, string source)
    {
        if (metadata.Merges.IsEmpty)
            throw new ModelFormatException($"{source}: tokenizer.ggml.merges is missing, so no order of merging is known.");
        PreTokenizer words = PreTokenizerNames.Parse(metadata.Pre) ?? throw new ModelFormatException(
            $"{source}: tokenizer.ggml.pre = {Shown.Text(metadata.Pre!)}, but only {string.Join(", ", PreTokenizerNames.All)} are read.");
        TokenKind[] kinds = new TokenKind[metadata.Tokens.Length];
        for (int id = 0; id < kinds.Length; id++)
        {
            bool mark = id == metadata.BosId || id == metadata.EosId || id == metadata.EotId || id == metadata.PaddingId;
            kinds[id] = !metadata.TokenTypes.IsEmpty ? (TokenKind)metadata.TokenTypes[id] : mark ? TokenKind.Control : TokenKind.Normal;
        }
        return BytePairTokenizer.FromMerges(
            metadata.Tokens,
            kinds,
            metadata.Merges,
            new BytePairOptions
            {
                PreTokenizer = words,
                BosId = metadata.BosId ?? -1,
                EosId = metadata.EosId ?? -1,
                UnknownId = metadata.UnknownId ?? -1,
                EotId = metadata.EotId ?? TurnEnd.Find(metadata.Tokens, kinds),
                AddBos = metadata.AddBos ?? words == PreTokenizer.Llama3,
                AddEos = metadata.AddEos ?? false,
                SpacePrefix = metadata.AddSpacePrefix is true ? SpacePrefix.WhenMissing : SpacePrefix.None,
                IgnoreMerges = words == PreTokenizer.Llama3,
            },
            source);
    }

    /// <summary>The way back: what a GGUF file would say of a vocabulary.</summary>
    public static GgufTokenizerMetadata Describe(Vocabulary vocabulary, SentencePieceOptions options)
    {
        string[] tokens = new string[vocabulary.Count];
        float[] scores = new float[vocabulary.Count];
        int[] kinds = new int[vocabulary.Count];
        for (int id = 0; id < tokens.Length; id++)
        {
            tokens[id] = Encoding.UTF8.GetString(vocabulary.Name(id)).Replace(' ', '\u2581');
            scores[id] = vocabulary.Score(id);
            kinds[id] = (int)vocabulary.Kind(id);
        }

        // llama2.c calls its marks by what it prints for them.
        if (vocabulary.Rules == MergeRules.Llama2c)
            (tokens[options.BosId], tokens[options.EosId]) = ("<s>", "</s>");
        return new GgufTokenizerMetadata
        {
            Model = SentencePiece,
            Tokens = ImmutableCollectionsMarshal.AsImmutableArray(tokens),
            Scores = ImmutableCollectionsMarshal.AsImmutableArray(scores),
            TokenTypes = ImmutableCollectionsMarshal.AsImmutableArray(kinds),
            BosId = OrNull(options.BosId),
            EosId = OrNull(options.EosId),
            EotId = OrNull(options.EotId),
            UnknownId = OrNull(vocabulary.UnknownId),
            AddBos = options.AddBos,
            AddEos = options.AddEos,
            AddSpacePrefix = options.AddSpacePrefix,
        };

    }

    /// <summary>
    /// What a GGUF file would say of a byte-pair vocabulary. One whose words are SentencePiece's is described as such: a piece's score is
    /// the place in the list of the first merge that makes it.
    /// </summary>
    public static GgufTokenizerMetadata Describe(BytePairTokenizer tokenizer, BytePairOptions options, MergeTable merges)
    {
        bool sentencePiece = options.PreTokenizer == PreTokenizer.SentencePiece;
        string[] tokens = new string[tokenizer.VocabSize];
        int[] kinds = new int[tokens.Length];
        for (int id = 0; id < tokens.Length; id++)
        {
            tokens[id] = tokenizer.GetName(id);
            kinds[id] = (int)tokenizer.GetKind(id);
        }
        List<(int Left, int Right, int Piece)> inOrder = merges.InOrder();
        return new GgufTokenizerMetadata
        {
            Model = sentencePiece ? SentencePiece : ByteLevelPairs,
            Pre = sentencePiece ? null : PreTokenizerNames.Of(options.PreTokenizer),
            Tokens = ImmutableCollectionsMarshal.AsImmutableArray(tokens),
            TokenTypes = ImmutableCollectionsMarshal.AsImmutableArray(kinds),
            Scores = sentencePiece ? ImmutableCollectionsMarshal.AsImmutableArray(Scores(tokens.Length, inOrder)) : [],
            Merges = sentencePiece ? [] : [.. inOrder.Select(merge => $"{tokens[merge.Left]} {tokens[merge.Right]}")],
            BosId = OrNull(options.BosId),
            EosId = OrNull(options.EosId),
            EotId = OrNull(options.EotId),
            UnknownId = OrNull(tokenizer.UnknownId),
            AddBos = options.AddBos,
            AddEos = options.AddEos,
            AddSpacePrefix = options.SpacePrefix != SpacePrefix.None,
        };
    }

    private static float[] Scores(int count, List<(int Left, int Right, int Piece)> merges)
    {
        float[] scores = new float[count];
        for (int place = merges.Count - 1; place >= 0; place--)
            scores[merges[place].Piece] = -(place + 1);
        return scores;
    }

    private static int? OrNull(int id) => id < 0 ? null : id;
}
