using System;
using System.Globalization;

namespace Llamalith.Cli.Commands;

/// <summary>Token ids as people write them: with spaces or commas between.</summary>
internal static class TokenIds
{
    /// <summary>Reads them.</summary>
    /// <param name="text">The ids.</param>
    /// <param name="vocabSize">Number of tokens in the vocabulary.</param>
    /// <exception cref="CliException">A word is no id of the vocabulary.</exception>
    public static int[] Parse(string text, int vocabSize)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = text.Split([' ', ',', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int[] ids = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]) || ids[i] >= vocabSize)
            {
                throw new CliException(
                    string.Create(CultureInfo.InvariantCulture, $"'{words[i]}' is no token id; they are 0 to {vocabSize - 1}."));
            }
        }

        return ids;
    }
}
