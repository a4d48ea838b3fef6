using System;

namespace Llamalith.Constraints.Masks;

/// <summary>What is walked, and the mask that gets its tokens.</summary>
/// <param name="tree">The strings.</param>
/// <param name="mask">The mask.</param>
/// <param name="origins">A bit for each origin whose tokens count; empty where all do.</param>
internal readonly ref struct MaskTarget(TokenTree tree, Span<ulong> mask, ReadOnlySpan<ulong> origins = default)
{
    private readonly Span<ulong> _mask = mask;
    private readonly ReadOnlySpan<ulong> _origins = origins;

    public TokenTree Tree => tree;

    public Span<ulong> Mask => _mask;

    /// <summary>Adds the tokens of a node; of the empty string for -1.</summary>
    public void Mark(int node)
    {
        ReadOnlySpan<int> tokens = tree.TokensOf(node);
        if (_origins.IsEmpty)
        {
            foreach (int token in tokens)
                _mask[token / 64] |= 1ul << token;
            return;
        }
        ReadOnlySpan<int> origins = tree.OriginsOf(node);
        for (int i = 0; i < tokens.Length; i++)
            if ((_origins[origins[i] / 64] >> origins[i] & 1) != 0)
                _mask[tokens[i] / 64] |= 1ul << tokens[i];
    }
}
