using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Llamalith.Generation;

/// <summary>
/// Looks for stop strings in a text that comes in pieces. What may be the beginning of one is held back until more has come.
/// </summary>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private readonly byte[][] _stops = [.. stops.Select(Encoding.UTF8.GetBytes)];
    private readonly TextBuffer _held = new();

    /// <summary>Takes the next piece of text and writes what surely precedes any stop string.</summary>
    /// <param name="text">Whole characters in UTF-8.</param>
    /// <param name="output">What was held back and is free now, then what is free of the new text.</param>
    /// <returns>Whether a stop string came; what is from there on is dropped.</returns>
    public bool Append(ReadOnlySpan<byte> text, TextBuffer output)
    {
        _held.Write(text);
        ReadOnlySpan<byte> all = _held.Written;
        int end = -1;
        foreach (byte[] stop in _stops)
        {
            int at = all.IndexOf(stop);
            if (at >= 0 && (end < 0 || at < end))
                end = at;
        }
        if (end >= 0)
        {
            output.Write(all[..end]);
            _held.Clear();
            return true;
        }
        int kept = LengthOfBeginning(all);
        output.Write(all[..^kept]);
        _held.KeepLast(kept);
        return false;
    }

    /// <summary>The text has ended: what was held back is no stop string after all.</summary>
    public void Flush(TextBuffer output)
    {
        output.Write(_held.Written);
        _held.Clear();
    }

    /// <summary>The length of the longest end of a text that a stop string begins with.</summary>
    private int LengthOfBeginning(ReadOnlySpan<byte> text)
    {
        int longest = 0;
        foreach (byte[] stop in _stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (stop.AsSpan().StartsWith(text[^length..]))
                    longest = length;
            }
        }
        return longest;
    }
}
