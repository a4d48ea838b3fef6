using System;
using System.Collections.Generic;

namespace Llamalith.Tokenization;

/// <summary>The marks that end a turn in the templates of published models, for files that do not say which it is.</summary>
internal static class TurnEnd
{
    private static readonly string[] s_names = ["<|eot_id|>", "<|im_end|>", "<|end|>", "<|end_of_turn|>", "<|endofturn|>"];

    /// <summary>The control token with one of these names; -1 where there is none.</summary>
    public static int Find(IReadOnlyList<string> names, IReadOnlyList<TokenKind> kinds)
    {
        int best = -1, bestRank = s_names.Length;
        for (int id = 0; id < names.Count; id++)
        {
            if (kinds[id] != TokenKind.Control)
                continue;
            int rank = Array.IndexOf(s_names, names[id]);
            if (rank >= 0 && rank < bestRank)
                (best, bestRank) = (id, rank);
        }
        return best;
    }
}
