using System.Diagnostics.CodeAnalysis;
using Llamalith.Contracts;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Models;

/// <summary>The tokenizer that a path leads to, be it a model or a tokenizer by itself.</summary>
internal static class AnyTokenizer
{
    /// <summary>Opens it.</summary>
    /// <param name="path">A model, a tokenizer's file, or a folder that holds one.</param>
    /// <param name="named">The file that the user names instead; null where none is named.</param>
    public static Tokenizer Open(string path, string? named)
    {
        if (named is null && TokenizerLoader.IsTokenizer(path))
            return TokenizerLoader.Open(path);
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            return ModelTokenizer.Open(checkpoint, named);
        }
        catch (ModelFormatException) when (named is null && TryOpenLlama2c(path, out Tokenizer? tokenizer))
        {
            return tokenizer;
        }
    }

    // Neither a tokenizer.bin nor a llama2.c checkpoint has a magic number: what is no checkpoint may be the other.
    private static bool TryOpenLlama2c(string path, [NotNullWhen(true)] out Tokenizer? tokenizer)
    {
        try
        {
            tokenizer = TokenizerLoader.Open(path);
            return true;
        }
        catch (ModelFormatException)
        {
            tokenizer = null;
            return false;
        }
    }
}
