using System;
using System.IO;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Gguf;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Models;

/// <summary>Finds the tokenizer of a model, and says how to give one where there is none.</summary>
internal static class ModelTokenizer
{
    private const string Hint = "--tokenizer FILE gives one (tokenizer.json, tokenizer.model, tokenizer.bin or a GGUF file)";

    /// <summary>The tokenizer of a file that the user named, else the model's own.</summary>
    /// <exception cref="CliException">The model has none.</exception>
    /// <exception cref="ModelFormatException">It is corrupt or of an unknown kind.</exception>
    /// <exception cref="ModelMismatchException">It has more tokens than the model.</exception>
    public static Tokenizer Open(Checkpoint checkpoint, string? path)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (path is not null)
        {
            Tokenizer named = TokenizerLoader.Open(path);
            return named.VocabSize <= checkpoint.Shape.VocabSize
                ? named
                : throw new ModelMismatchException(
                    $"{path}: the tokenizer has {named.VocabSize} tokens, but {checkpoint.KeyOf(nameof(ModelShape.VocabSize))} = "
                        + $"{checkpoint.Shape.VocabSize}.");
        }

        if (checkpoint is IGgufContainer { File: { } file } && GgufTokenizerMetadata.Read(file) is null)
            throw new CliException($"{checkpoint.Path} carries no tokenizer; {Hint}.");
        try
        {
            return checkpoint.OpenTokenizer();
        }
        catch (FileNotFoundException e)
        {
            throw new CliException(Missing(checkpoint, e), e);
        }
    }

    /// <summary>
    /// The tokenizer of a file that the user named, which must be right; else the model's own, null where it has none that can be read.
    /// </summary>
    /// <inheritdoc cref="Open"/>
    public static Tokenizer? TryOpen(Checkpoint checkpoint, string? path)
    {
        try
        {
            return Open(checkpoint, path);
        }
        catch (Exception e) when (path is null && IsComplaint(e))
        {
            return null;
        }
    }

    /// <summary>Whether an exception says that there is no tokenizer, or none that can be read.</summary>
    public static bool IsComplaint(Exception e) =>
        e is CliException or ModelFormatException or ModelMismatchException or IOException or UnauthorizedAccessException;

    /// <summary>
    /// The tokenizer to write into a file made from a model: null where the model is a GGUF file, whose own is kept, and, with a notice,
    /// where there is none.
    /// </summary>
    /// <exception cref="CliException">One was named that a GGUF file has no use for.</exception>
    public static GgufTokenizerMetadata? ToEmbed(Checkpoint checkpoint, string? path, TextWriter notices)
    {
        if (checkpoint is IGgufContainer)
        {
            return path is null ? null : throw new CliException(
                $"{checkpoint.Path} is a GGUF file, whose own tokenizer is kept: --tokenizer does not go with it.");
        }

        if (path is not null)
            return TokenizerLoader.OpenAsGguf(path).PaddedTo(checkpoint.Shape.VocabSize);
        try
        {
            return checkpoint.DescribeTokenizer();
        }
        catch (FileNotFoundException e)
        {
            notices.WriteLine($"Written without a tokenizer: {Missing(checkpoint, e)}");
            return null;
        }
    }

    /// <summary>What to say where a model has no tokenizer.</summary>
    public static string Missing(Checkpoint checkpoint, FileNotFoundException e) =>
        $"{checkpoint.Path} has no tokenizer: {e.Message.TrimEnd('.')}; {Hint}.";
}
