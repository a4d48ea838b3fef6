using System;
using System.Collections.Generic;

namespace Llamalith.Extensions.AI.Answers;

/// <summary>Looks for marks in a text that grows: stop strings, and what begins calls or ends reasoning.</summary>
internal sealed class TextMarks(IReadOnlyList<string> marks)
{
    /// <summary>Finds the first mark from a place on.</summary>
    /// <param name="text">The text so far.</param>
    /// <param name="from">Where to look from.</param>
    /// <param name="mark">Which one it is; -1 for none.</param>
    /// <returns>Where it begins; without one, where the longest end begins that may yet become one, or the text's length.</returns>
    public int Find(ReadOnlySpan<char> text, int from, out int mark)
    {
        mark = -1;
        int at = text.Length, open = text.Length;
        for (int i = 0; i < marks.Count; i++)
        {
            ReadOnlySpan<char> one = marks[i];
            int found = text[from..].IndexOf(one, StringComparison.Ordinal);
            if (found >= 0 && (mark < 0 || from + found < at))
                (mark, at) = (i, from + found);
            for (int length = Math.Min(one.Length - 1, text.Length - from); length > text.Length - open; length--)
            {
                if (one.StartsWith(text[^length..], StringComparison.Ordinal))
                    open = text.Length - length;
            }
        }
        return mark >= 0 ? at : open;
    }
}
