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
}
