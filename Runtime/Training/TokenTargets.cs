using System;

namespace Llamalith.Training;

/// <summary>What each token of a batch is asked to predict.</summary>
public static class TokenTargets
{
    /// <summary>No target: the token counts for nothing, and its gradient is exactly zero.</summary>
    public const int None = -1;

    /// <summary>Each sequence's own next tokens; its last token has none.</summary>
    /// <param name="tokens">The batch.</param>
    /// <param name="sequenceLengths">The length of each sequence.</param>
    /// <param name="targets">[tokens], to be filled.</param>
    public static void NextTokens(ReadOnlySpan<int> tokens, ReadOnlySpan<int> sequenceLengths, Span<int> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Length, tokens.Length);
        int start = 0;
        foreach (int length in sequenceLengths)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(length, 1, nameof(sequenceLengths));
            tokens.Slice(start + 1, length - 1).CopyTo(targets[start..]);
            start += length;
            targets[start - 1] = None;
        }
    }
}
