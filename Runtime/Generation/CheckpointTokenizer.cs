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
    private static readonly string[] s_names = ["tokenizer.json", "tokenizer.model", "tokenizer.bin"];

    /// <summary>Opens the tokenizer within a GGUF or packed file, else the tokenizer.json, tokenizer.model or tokenizer.bin in the folder of the file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="ModelFormatException">It is corrupt or of an unknown kind.</exception>
    /// <exception cref="ModelMismatchException">It has more tokens than the model.</exception>
    public static Tokenizer OpenTokenizer(this Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        Tokenizer tokenizer = checkpoint is IGgufContainer container
            ? TokenizerLoader.FromGguf(container.File)
            : TokenizerLoader.Open(FindBeside(checkpoint.Path));
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
        string path = checkpoint is IGgufContainer ? checkpoint.Path : FindBeside(checkpoint.Path);
        GgufTokenizerMetadata tokenizer = TokenizerLoader.OpenAsGguf(path);
        RequireFit(checkpoint, tokenizer.Tokens.Length);
        return tokenizer.PaddedTo(checkpoint.Shape.VocabSize);
    }

    private static void RequireFit(Checkpoint checkpoint, int tokens)
    {
        if (tokens > checkpoint.Shape.VocabSize)
            throw new ModelMismatchException(
                $"{checkpoint.Path}: the tokenizer has {tokens} tokens, but {checkpoint.KeyOf(nameof(ModelShape.VocabSize))} = {checkpoint.Shape.VocabSize}.");
    }

    private static string FindBeside(string path)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (string name in s_names)
        {
            string candidate = Path.Combine(folder, name);
            if (File.Exists(candidate))
                return candidate;
        }
        throw new FileNotFoundException($"{folder} has no {string.Join(" and no ", s_names)}.", Path.Combine(folder, s_names[0]));
    }
}
