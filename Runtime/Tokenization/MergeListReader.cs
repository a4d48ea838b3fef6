using System;
using System.Collections.Generic;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>Reads a list of merges, as files write it, into a table of pieces.</summary>
internal static class MergeListReader
{
    /// <summary>Reads a list of pairs of tokens, best first.</summary>
    /// <exception cref="ModelFormatException">A pair makes no token.</exception>
    public static MergeTable Read(Vocabulary vocabulary, ReadOnlySpan<int> pairs, string source)
    {
        MergeTable table = new(pairs.Length / 2);
        byte[] both = new byte[256];
        for (int i = 0; i + 1 < pairs.Length; i += 2)
        {
            ReadOnlySpan<byte> left = vocabulary.Name(pairs[i]), right = vocabulary.Name(pairs[i + 1]);
            if (both.Length < left.Length + right.Length)
                both = new byte[2 * (left.Length + right.Length)];
            left.CopyTo(both);
            right.CopyTo(both.AsSpan(left.Length));
            int piece = vocabulary.FindPiece(both.AsSpan(0, left.Length + right.Length));
            if (piece < 0)
                throw new ModelFormatException($"{source}: the pair {i / 2} of tokens {pairs[i]} and {pairs[i + 1]} makes no token.");
            table.Add(pairs[i], pairs[i + 1], piece, (uint)(i / 2));
        }
        return table;
    }

    /// <summary>Reads the list.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">The merges in their order, each the names of two tokens with a space between.</param>
    /// <param name="isByteLevel">Whether names are written as GPT-2 writes bytes; else as SentencePiece writes text.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="ModelFormatException">A merge is no pair, or names a token that is not there.</exception>
    public static MergeTable Read(Vocabulary vocabulary, IReadOnlyList<string> merges, bool isByteLevel, string source)
    {
        MergeTable table = new(merges.Count);
        byte[] both = new byte[256];
        for (int i = 0; i < merges.Count; i++)
        {
            ReadOnlySpan<char> merge = merges[i];
            // A space within a name would be written otherwise, so the first one after the first character is the border.
            int border = merge.Length < 3 ? -1 : merge[1..^1].IndexOf(' ') + 1;
            if (border < 1)
                throw new ModelFormatException($"{source}: merge {i} is '{Shown.Text(merges[i])}', not two pieces with a space between.");
            if (both.Length < 3 * merge.Length)
                both = new byte[6 * merge.Length];
            int left = Bytes(merge[..border], both);
            int right = Bytes(merge[(border + 1)..], both.AsSpan(Math.Max(left, 0)));
            if (left < 0 || right < 0)
            {
                throw new ModelFormatException(
                    $"{source}: merge {i} is '{Shown.Text(merges[i])}', but some of its characters stand for no byte.");
            }

            if (!TryFind(both.AsSpan(0, left), out int first))
                throw Missing(i, merge[..border].ToString());
            if (!TryFind(both.AsSpan(left, right), out int second))
                throw Missing(i, merge[(border + 1)..].ToString());
            if (!TryFind(both.AsSpan(0, left + right), out int piece))
                throw Missing(i, string.Concat(merge[..border], merge[(border + 1)..]));

            // Text does not become a mark, whatever a list of merges says.
            if (first >= 0 && second >= 0 && piece >= 0)
                table.Add(first, second, piece, (uint)i);
        }
        return table;

        int Bytes(ReadOnlySpan<char> name, Span<byte> bytes)
        {
            if (isByteLevel)
                return ByteLevel.TryDecode(name, bytes) ? name.Length : -1;
            return Spaces.FromMeta(bytes[..Encoding.UTF8.GetBytes(name, bytes)]).Length;
        }

        // A mark is found, too, though as no piece.
        bool TryFind(ReadOnlySpan<byte> text, out int piece)
        {
            piece = vocabulary.FindPiece(text);
            return piece >= 0 || vocabulary.FindByName(text) >= 0;
        }

        ModelFormatException Missing(int merge, string name) =>
            new($"{source}: merge {merge} is '{Shown.Text(merges[merge])}', but the vocabulary has no token '{Shown.Text(name)}'.");
    }
}
