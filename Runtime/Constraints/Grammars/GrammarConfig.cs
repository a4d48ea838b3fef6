using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Grammars;

/// <summary>Before a character within a rule, or within one in UTF-8.</summary>
internal sealed class GrammarConfig(GrammarState state, GrammarStack stack, ScanForm.State utf8) : MatchConfig
{
    public override bool CanEnd => utf8.IsBetween && state.IsEnd && stack.Rest is null;

    public override bool CanGoOn => state.Chars.Count > 0;

    public override void Step(byte b, List<MatchConfig> next)
    {
        ScanForm.State after = utf8;
        if (!Utf8Step.Take(ref after, b, out int codePoint, out int first, out int last))
            return;
        if (codePoint < 0)
        {
            foreach ((CharSet set, _) in state.Chars)
            {
                if (!Overlaps(set, first, last))
                    continue;
                next.Add(new GrammarConfig(state, stack, after));
                return;
            }
            return;
        }
        foreach ((CharSet set, GrammarState to) in state.Chars)
            if (set.Contains(codePoint))
                Grammar.Close(to, stack, next);
    }

    public override int PlaceHash => HashCode.Combine(state, stack, utf8);

    public override bool IsSame(MatchConfig other) => other is GrammarConfig config && config.Is(state, stack, utf8);

    private static bool Overlaps(CharSet set, int first, int last)
    {
        ReadOnlySpan<int> bounds = set.Bounds;
        for (int i = 0; i < bounds.Length; i += 2)
        {
            int from = Math.Max(bounds[i], first), to = Math.Min(bounds[i + 1], last);
            if (from <= to && !(from >= 0xD800 && to <= 0xDFFF))
                return true;
        }
        return false;
    }

    private bool Is(GrammarState otherState, GrammarStack otherStack, ScanForm.State otherUtf8) =>
        otherState == state && otherStack == stack && otherUtf8.Equals(utf8);
}
