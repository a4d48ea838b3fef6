using System;
using System.Collections.Generic;

namespace Llamalith.Cli.Evaluation;

/// <summary>
/// How a long text is judged by a model with a short context: in windows, each of which begins a stride after the one before, and
/// of which only the tokens are judged that none before has judged. So every token but the first counts once, and all but those
/// of the first window have at least (window - stride) tokens before them.
/// </summary>
/// <param name="Length">Tokens in a window, the one that begins a sequence included.</param>
/// <param name="Stride">Tokens between the beginnings of windows.</param>
internal sealed record TextWindows(int Length, int Stride)
{
    /// <summary>The windows over a text.</summary>
    /// <param name="tokens">The tokens of the text.</param>
    /// <param name="begin">The token that begins every window, as the model was trained; null for none.</param>
    public IEnumerable<Window> Over(int[] tokens, int? begin)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        int mark = begin is null ? 0 : 1, room = Length - mark;

        // Without a mark the first token of all has nothing before it.
        int judged = 1 - mark;
        for (int start = 0; judged < tokens.Length; start += Stride)
        {
            int end = Math.Min(start + room, tokens.Length);
            int[] window = new int[mark + end - start];
            if (begin is int token)
                window[0] = token;
            tokens.AsSpan(start, end - start).CopyTo(window.AsSpan(mark));
            yield return new Window(window, mark + judged - start);
            judged = end;
        }
    }
}

/// <summary>One window.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="First">The first of them that is judged.</param>
internal readonly record struct Window(int[] Tokens, int First);
