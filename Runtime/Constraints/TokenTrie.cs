using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Llamalith.Constraints.Masks;
using Llamalith.Tokenization;

namespace Llamalith.Constraints;

/// <summary>
/// The tokens of a vocabulary arranged by their bytes, so that a constraint looks at each beginning once. Made once for a tokenizer; any
/// number of threads
/// can share it.
/// </summary>
public sealed class TokenTrie
{
    private readonly List<(ReadOnlyMemory<byte> Text, int Token)> _pieces = [];
    private readonly Lazy<TokenTree> _afterSpace;
    private readonly Lazy<TokenTree> _tails;
    private readonly Lazy<StretchMask> _anything, _anythingPlain;
    private readonly Lazy<string?[]> _names;
    private readonly Lazy<Dictionary<string, int[]>> _quotesAfter;
    private readonly int[] _quotes;

    /// <summary>Arranges a tokenizer's tokens.</summary>
    public TokenTrie(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        VocabSize = tokenizer.VocabSize;
        Ends = [.. tokenizer.Ends.Tokens.Where(token => token < tokenizer.VocabSize)];
        for (int token = 0; token < VocabSize; token++)
        {
            if (tokenizer.GetKind(token) is TokenKind.Control or TokenKind.Unknown or TokenKind.Unused || Ends.AsSpan().Contains(token))
                continue;
            ReadOnlySpan<byte> piece = tokenizer.GetPiece(token);
            if (piece.Length is 0 or >= TokenTree.LengthLimit)
                continue;
            _pieces.Add((piece.ToArray(), token));
            LongestPiece = Math.Max(LongestPiece, piece.Length);
        }
        All = new TokenTree([.. _pieces.Select(static piece => (piece.Text, piece.Token, 0))]);
        _quotes = [.. Enumerable.Range(0, All.Count).Where(node => All.Bytes[node] == '"')];
        _afterSpace = new(() => new TokenTree([.. _pieces.Select(static piece => (piece.Text.TrimStart(" \n\r\t"u8), piece.Token, 0))]));
        _tails = new(MakeTails);
        _names = new(MakeNames);
        _quotesAfter = new(() => Enumerable.Range(0, _quotes.Length).Where(quote => _names.Value[quote] is not null)
            .GroupBy(quote => _names.Value[quote]!, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.ToArray()));
        _anything = new(() => MakeAnything(plainOnly: false));
        _anythingPlain = new(() => MakeAnything(plainOnly: true));
    }

    /// <summary>Number of tokens.</summary>
    public int VocabSize { get; }

    /// <summary>Number of 64-bit words of a mask.</summary>
    public int MaskLength => (VocabSize + 63) / 64;

    /// <summary>The tokens that end a text.</summary>
    internal int[] Ends { get; }

    internal int LongestPiece { get; }

    /// <summary>All tokens that are text.</summary>
    internal TokenTree All { get; }

    /// <summary>The same without the white space that they begin with.</summary>
    internal TokenTree AfterSpace => _afterSpace.Value;

    /// <summary>What follows quotation marks within tokens; the origin is the mark's number (<see cref="Quotes"/>).</summary>
    internal TokenTree Tails => _tails.Value;

    /// <summary>The nodes of <see cref="All"/> that are quotation marks.</summary>
    internal ReadOnlySpan<int> Quotes => _quotes;

    /// <summary>
    /// How a string goes on in a token up to a quotation mark that ends it, by the mark's number; null where none is ended.
    /// </summary>
    internal ReadOnlySpan<string?> Names => _names.Value;

    /// <summary>The tokens of numbers that are free of any limits, by their form and what is there of them.</summary>
    internal ConcurrentDictionary<NumberKey, NumberMask> Numbers { get; } = [];

    /// <summary>The tokens within a string of any characters.</summary>
    internal StretchMask Anything(bool plainOnly) => (plainOnly ? _anythingPlain : _anything).Value;

    /// <summary>The quotation marks with which tokens end a string that goes on so in them.</summary>
    internal ReadOnlySpan<int> QuotesAfter(ReadOnlySpan<char> text) =>
        _quotesAfter.Value.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out int[]? quotes) ? quotes : [];

    private StretchMask MakeAnything(bool plainOnly)
    {
        ScanTable table = new(new StringForm(Dfa.Anything, 0, int.MaxValue, plainOnly));
        return StretchMask.Make(this, table, table.IdOf(default), withNeeds: true, null);
    }

    private TokenTree MakeTails()
    {
        Dictionary<int, ReadOnlyMemory<byte>> pieces = _pieces.ToDictionary(static piece => piece.Token, static piece => piece.Text);
        List<(ReadOnlyMemory<byte>, int, int)> tails = [];
        for (int i = 0; i < _quotes.Length; i++)
        {
            int behind = All.Depths[_quotes[i]] + 1;
            for (int node = _quotes[i]; node < All.Ends[_quotes[i]]; node++)
                foreach (int token in All.TokensOf(node))
                    tails.Add((pieces[token][behind..], token, i));
        }
        return new TokenTree(tails);
    }

    private string?[] MakeNames()
    {
        string?[] names = new string?[_quotes.Length];
        StringForm form = new(Dfa.Anything, 0, int.MaxValue, plainOnly: false);
        byte[] path = new byte[TokenTree.LengthLimit];
        StringBuilder text = new();
        for (int node = 0, quote = 0; node < All.Count; node++)
        {
            int depth = All.Depths[node];
            path[depth] = All.Bytes[node];
            if (All.Bytes[node] != '"')
                continue;
            ScanForm.State state = default;
            text.Clear();
            ScanForm.Outcome outcome = ScanForm.Outcome.Inside;
            for (int i = 0; i <= depth && outcome == ScanForm.Outcome.Inside; i++)
            {
                outcome = form.Step(ref state, path[i], out int codePoint);
                if (codePoint >= 0)
                    text.Append(new Rune(codePoint).ToString());
                if (outcome == ScanForm.Outcome.Closed && i == depth)
                    names[quote] = text.ToString();
            }
            quote++;
        }
        return names;
    }
}
