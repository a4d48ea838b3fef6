using System;
using System.IO;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Tokenization;

namespace Llamalith.Generation;

/// <summary>Finds the tokenizer that belongs to a model's file.</summary>
public static class CheckpointTokenizer
{
    /// <summary>
    /// Opens the tokenizer within a GGUF or packed file, else the tokenizer.json, tokenizer.model or tokenizer.bin in the folder of the
    /// file.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="ModelFormatException">It is corrupt or of an unknown kind.</exception>
    /// <exception cref="ModelMismatchException">It has more tokens than the model.</exception>
    public static Tokenizer OpenTokenizer(this Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        Tokenizer tokenizer = checkpoint.Original is IGgufContainer container
            ? TokenizerLoader.FromGguf(container.File)
            : TokenizerLoader.Open(FolderOf(checkpoint));
        RequireFit(checkpoint, tokenizer.VocabSize);
        return tokenizer;
    }

    /// <summary>
    /// What a GGUF file of the model carries, or would carry, of its tokenizer, with as many tokens as the model has.
    /// </summary>
    /// <inheritdoc cref="OpenTokenizer(Checkpoint)"/>
    public static GgufTokenizerMetadata DescribeTokenizer(this Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        string path = checkpoint.Original is IGgufContainer ? checkpoint.Path : FolderOf(checkpoint);
        GgufTokenizerMetadata tokenizer = TokenizerLoader.OpenAsGguf(path);
        RequireFit(checkpoint, tokenizer.Tokens.Length);
        return tokenizer.PaddedTo(checkpoint.Shape.VocabSize);
    }

    private static void RequireFit(Checkpoint checkpoint, int tokens)
    {
        if (tokens > checkpoint.Shape.VocabSize)
        {
            throw new ModelMismatchException(
                $"{checkpoint.Path}: the tokenizer has {tokens} tokens, but {checkpoint.KeyOf(nameof(ModelShape.VocabSize))} = "
                    + $"{checkpoint.Shape.VocabSize}.");
        }
    }

    private static string FolderOf(Checkpoint checkpoint) =>
        Directory.Exists(checkpoint.Path) ? checkpoint.Path : Path.GetDirectoryName(Path.GetFullPath(checkpoint.Path))!;
}
