using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using Llamalith.Tokenization;

namespace Llamalith.Constraints;

/// <summary>
/// The tokens of a vocabulary arranged by their bytes, so that a constraint looks at each beginning once. Made once for a tokenizer; any number of threads
/// can share it.
/// </summary>
public sealed class TokenTrie
{
    // In the order of a walk: each node's byte, its depth, where its subtree ends, and its tokens.
    private readonly byte[] _bytes;
    private readonly byte[] _depths;
    private readonly int[] _ends;
    private readonly int[] _tokens;
    private readonly Dictionary<int, int[]> _same = [];

    /// <summary>Arranges a tokenizer's tokens.</summary>
    public TokenTrie(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        VocabSize = tokenizer.VocabSize;
        Ends = Distinct(tokenizer.EosId, tokenizer.EotId);
        List<(byte[] Piece, int Token)> pieces = [];
        for (int token = 0; token < VocabSize; token++)
        {
            ReadOnlySpan<byte> piece = tokenizer.GetKind(token) is TokenKind.Control or TokenKind.Unknown or TokenKind.Unused ? default : tokenizer.GetPiece(token);
            if (piece.Length is > 0 and < byte.MaxValue)
                pieces.Add((piece.ToArray(), token));
        }
        pieces.Sort(static (a, b) => a.Piece.AsSpan().SequenceCompareTo(b.Piece) is not 0 and int order ? order : a.Token.CompareTo(b.Token));
        List<byte> bytes = [], depths = [];
        List<int> ends = [], tokens = [];
        Dictionary<int, List<int>> same = [];
        List<int> path = [];
        byte[] last = [];
        foreach ((byte[] piece, int token) in pieces)
        {
            int common = piece.AsSpan().CommonPrefixLength(last);
            Close(common);
            for (int depth = common; depth < piece.Length; depth++)
            {
                path.Add(bytes.Count);
                bytes.Add(piece[depth]);
                depths.Add((byte)depth);
                ends.Add(0);
                tokens.Add(-1);
            }
            int node = path[^1];
            if (tokens[node] < 0)
                tokens[node] = token;
            else if (same.TryGetValue(node, out List<int>? others))
                others.Add(token);
            else
                same.Add(node, [token]);
            LongestPiece = Math.Max(LongestPiece, piece.Length);
            last = piece;
        }
        Close(0);
        (_bytes, _depths, _ends, _tokens) = ([.. bytes], [.. depths], [.. ends], [.. tokens]);
        foreach ((int node, List<int> others) in same)
            _same.Add(node, [.. others]);

        void Close(int depth)
        {
            for (int i = path.Count - 1; i >= depth; i--)
                ends[path[i]] = bytes.Count;
            path.RemoveRange(depth, path.Count - depth);
        }
    }

    /// <summary>Number of tokens.</summary>
    public int VocabSize { get; }

    /// <summary>Number of 64-bit words of a mask.</summary>
    public int MaskLength => (VocabSize + 63) / 64;

    /// <summary>The tokens that end a text.</summary>
    internal int[] Ends { get; }

    internal int LongestPiece { get; }

    internal int Count => _bytes.Length;

    /// <summary>Masks within strings of any characters, by how many more may come.</summary>
    internal ConcurrentDictionary<(ScanKind, int), KeptMask> Kept { get; } = [];

    internal byte ByteOf(int node) => _bytes[node];

    internal int DepthOf(int node) => _depths[node];

    /// <summary>Behind a node's subtree.</summary>
    internal int EndOf(int node) => _ends[node];

    /// <summary>Adds a node's tokens to a mask.</summary>
    internal void Mark(int node, Span<ulong> mask)
    {
        int token = _tokens[node];
        if (token < 0)
            return;
        mask[token / 64] |= 1ul << token;
        if (_same.Count > 0 && _same.TryGetValue(node, out int[]? others))
            foreach (int other in others)
                mask[other / 64] |= 1ul << other;
    }

    private static int[] Distinct(int eos, int eot) => eos < 0 ? eot < 0 ? [] : [eot] : eot < 0 || eot == eos ? [eos] : [eos, eot];
}

/// <summary>How an automaton's text is written.</summary>
internal enum ScanKind
{
    Json,
    PlainJson,
    Text,
}

/// <summary>The tokens that stay within a stretch, and where others end it.</summary>
/// <param name="Inside">The mask of the former.</param>
/// <param name="Exits">For the latter: the node that ends the stretch, the automaton's state there, and the code points before it.</param>
internal sealed record KeptMask(ulong[] Inside, (int Node, int State, int Count)[] Exits);
