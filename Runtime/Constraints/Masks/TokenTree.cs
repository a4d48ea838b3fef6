using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Masks;

/// <summary>
/// Byte strings arranged by their beginnings, as flat arrays in the order of a walk, with the tokens that each of them stands for.
/// </summary>
internal sealed class TokenTree
{
    /// <summary>Strings are shorter than this.</summary>
    public const int LengthLimit = 255;

    private readonly byte[] _bytes;
    private readonly byte[] _depths;
    private readonly int[] _ends;

    // The tokens of node i are those from _firsts[i] on, before _firsts[i + 1]; those of the empty string lie before _firsts[0].
    private readonly int[] _firsts;
    private readonly int[] _tokens;
    private readonly int[] _origins;

    /// <summary>Arranges some strings.</summary>
    /// <param name="entries">The strings, their tokens, and where in the token the string begins, as the tree's maker counts; in any
    /// order.</param>
    public TokenTree(List<(ReadOnlyMemory<byte> Text, int Token, int Origin)> entries)
    {
        entries.Sort(
            static (a, b) => a.Text.Span.SequenceCompareTo(b.Text.Span) is not 0 and int order ? order : a.Token.CompareTo(b.Token));
        List<byte> bytes = [], depths = [];
        List<int> ends = [], firsts = [];
        List<int> path = [];
        ReadOnlyMemory<byte> last = default;
        _tokens = new int[entries.Count];
        _origins = new int[entries.Count];
        for (int i = 0; i < entries.Count; i++)
        {
            (ReadOnlyMemory<byte> text, int token, int origin) = entries[i];
            int common = text.Span.CommonPrefixLength(last.Span);
            Close(common);
            for (int depth = common; depth < text.Length; depth++)
            {
                path.Add(bytes.Count);
                bytes.Add(text.Span[depth]);
                depths.Add((byte)depth);
                ends.Add(0);
                firsts.Add(i);
            }
            (_tokens[i], _origins[i]) = (token, origin);
            last = text;
        }
        Close(0);
        firsts.Add(entries.Count);
        (_bytes, _depths, _ends, _firsts) = ([.. bytes], [.. depths], [.. ends], [.. firsts]);

        void Close(int depth)
        {
            for (int i = path.Count - 1; i >= depth; i--)
                ends[path[i]] = bytes.Count;
            path.RemoveRange(depth, path.Count - depth);
        }
    }

    /// <summary>Number of nodes.</summary>
    public int Count => _bytes.Length;

    /// <summary>Each node's byte.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Bytes before each node's.</summary>
    public ReadOnlySpan<byte> Depths => _depths;

    /// <summary>The node behind each node's subtree.</summary>
    public ReadOnlySpan<int> Ends => _ends;

    /// <summary>The tokens of a node's string; of the empty one for -1.</summary>
    public ReadOnlySpan<int> TokensOf(int node) =>
        node < 0 ? _tokens.AsSpan(0, _firsts[0]) : _tokens.AsSpan(_firsts[node].._firsts[node + 1]);

    /// <summary>Where in each of a node's tokens its string begins.</summary>
    public ReadOnlySpan<int> OriginsOf(int node) =>
        node < 0 ? _origins.AsSpan(0, _firsts[0]) : _origins.AsSpan(_firsts[node].._firsts[node + 1]);
}
