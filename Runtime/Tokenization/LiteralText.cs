using System;

namespace Llamalith.Tokenization;

/// <summary>Stretches of a text that others wrote, as their starts and ends in order: names of control tokens in them stay text.</summary>
internal static class LiteralText
{
    /// <summary>Whether any of the stretches has a character of a range.</summary>
    public static bool Overlaps(ReadOnlySpan<int> literal, int start, int end)
    {
        // The first stretch that ends after the range begins.
        int low = 0, high = literal.Length / 2;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (literal[2 * middle + 1] > start)
                high = middle;
            else
                low = middle + 1;
        }
        return 2 * low < literal.Length && literal[2 * low] < end;
    }
}
