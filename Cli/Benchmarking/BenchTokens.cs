using System;

namespace Llamalith.Cli.Benchmarking;

/// <summary>The tokens that are measured with: speed does not depend on which, so any will do, but every run has the same.</summary>
internal static class BenchTokens
{
    // The first tokens of a vocabulary are control and byte tokens, which text rarely has.
    private const int FirstOrdinary = 259;

    /// <summary>A reproducible sequence of ordinary tokens.</summary>
    public static int[] Create(int count, int vocabSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabSize);
        int first = vocabSize > 2 * FirstOrdinary ? FirstOrdinary : 0;
        int[] tokens = new int[count];
        ulong state = 0x9E3779B97F4A7C15;
        for (int i = 0; i < tokens.Length; i++)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            tokens[i] = first + (int)((state >> 33) % (ulong)(vocabSize - first));
        }

        return tokens;
    }
}
