using System.Collections.Generic;

namespace Llamalith.Constraints.Masks;

/// <summary>The tokens that go on with a number.</summary>
/// <param name="Tokens">Those that are of the number alone.</param>
/// <param name="Exits">Nodes behind which the number may end and something else follow.</param>
internal sealed record NumberMask(int[] Tokens, int[] Exits)
{
    /// <summary>Walks a tree of tokens.</summary>
    public static NumberMask Make(TokenTree tree, NumberForm form, string text)
    {
        List<int> tokens = [], exits = [];
        Grow(tree, form, text, 0, tree.Count, tokens, exits);
        return new NumberMask([.. tokens], [.. exits]);
    }

    private static void Grow(TokenTree tree, NumberForm form, string text, int from, int to, List<int> tokens, List<int> exits)
    {
        for (int node = from; node < to; node = tree.Ends[node])
        {
            byte b = tree.Bytes[node];
            if (!NumberForm.IsPart(b) || !form.CanFollow(text, b))
                continue;
            tokens.AddRange(tree.TokensOf(node));
            if (tree.Ends[node] == node + 1)
                continue;
            string grown = text + (char)b;
            Grow(tree, form, grown, node + 1, tree.Ends[node], tokens, exits);
            if (form.IsWhole(grown))
                exits.Add(node);
        }
    }
}

/// <summary>What tells numbers' masks apart.</summary>
/// <param name="Form">The numbers' form; null for one without limits, of which <paramref name="Kind"/> says all.</param>
/// <param name="Kind">What else is asked of a number.</param>
/// <param name="Text">What is there of it, or something shorter that may go on in the same ways.</param>
/// <param name="AfterSpace">Whether tokens count without the white space before them.</param>
internal readonly record struct NumberKey(NumberForm? Form, int Kind, string Text, bool AfterSpace);
