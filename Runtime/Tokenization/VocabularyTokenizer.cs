using System;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tokenization;

/// <summary>A tokenizer whose tokens are the pieces of a vocabulary.</summary>
public abstract class VocabularyTokenizer : Tokenizer
{
    private protected VocabularyTokenizer(Vocabulary vocabulary) => Vocabulary = vocabulary;

    /// <inheritdoc/>
    public override int VocabSize => Vocabulary.Count;

    private protected Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public override TokenKind GetKind(int token)
    {
        RequireToken(token);
        return Vocabulary.Kind(token);
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> GetPiece(int token)
    {
        RequireToken(token);
        return Vocabulary.Text(token);
    }

    /// <summary>The vocabulary as the metadata of a GGUF file hold it, for writing one.</summary>
    public abstract GgufTokenizerMetadata ToGguf();

    private protected void RequireToken(int token)
    {
        if ((uint)token >= (uint)Vocabulary.Count)
            throw new ArgumentOutOfRangeException(nameof(token), token, $"The vocabulary has {Vocabulary.Count} tokens.");
    }

    private protected void RequireMarks(string source, int bos, int eos, int eot, int unknown)
    {
        Require(nameof(BosId), bos);
        Require(nameof(EosId), eos);
        Require(nameof(EotId), eot);
        Require(nameof(UnknownId), unknown);

        void Require(string property, int token)
        {
            if (token < -1 || token >= Vocabulary.Count)
                throw new ModelFormatException($"{source}: {property} = {token}, but there are {Vocabulary.Count} tokens.");
        }
    }
}
