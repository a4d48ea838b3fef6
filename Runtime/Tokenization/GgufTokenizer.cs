using System.Runtime.InteropServices;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>The SentencePiece vocabulary that a GGUF file carries in its metadata (tokenizer.ggml.model = "llama").</summary>
internal static class GgufTokenizer
{
    private const string SentencePiece = "llama";

    /// <summary>Makes a tokenizer of it. Where the file leaves something open, Llama 2's answer holds.</summary>
    /// <exception cref="ModelFormatException">It is of another kind, or cannot encode every text.</exception>
    public static SentencePieceTokenizer Create(GgufTokenizerMetadata metadata, string source)
    {
        if (metadata.Model != SentencePiece)
            throw new ModelFormatException($"{source}: tokenizer.ggml.model = {Shown.Text(metadata.Model)}, but only {SentencePiece} is read.");
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

        static int? OrNull(int id) => id < 0 ? null : id;
    }
}
