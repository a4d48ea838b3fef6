using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Llamalith.Tokenization;

/// <summary>
/// Learns a vocabulary from text as SentencePiece's byte-pair encoding does: at first every character is a piece; then, again and again,
/// the two neighbouring pieces that are seen most often become one. The unknown token, BOS, EOS and the 256 bytes come first, then the
/// merged pieces, earlier ones with higher scores, then the characters. Pieces never reach across words: a word is a run of letters, one
/// digit, or a run of other signs, with the space before it. The same texts give the same vocabulary on every machine.
/// </summary>
public sealed class BpeTrainer
{
    private const int Marks = 3, Bytes = 256;

    private readonly Dictionary<string, long> _words = [];

    /// <summary>Counts the words of a text. Line breaks and other control characters are left to the byte tokens.</summary>
    public void Add(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        // As encoding puts a space before a text.
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> words = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (Range word in Split(" " + text, out string spaced))
        {
            ReadOnlySpan<char> span = spaced.AsSpan()[word];
            words[span] = words.TryGetValue(span, out long count) ? count + 1 : 1;
        }
    }

    /// <summary>Learns a vocabulary from the texts so far.</summary>
    /// <param name="vocabSize">Number of tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">That many tokens do not hold the marks, the bytes and every character of the
    /// texts.</exception>
    /// <exception cref="InvalidOperationException">The texts have too few different words for so many tokens.</exception>
    public SentencePieceTokenizer Train(int vocabSize)
    {
        Rune[] characters = [.. _words.Keys.SelectMany(word => word.EnumerateRunes()).Distinct().OrderBy(rune => rune.Value)];
        int merges = vocabSize - Marks - Bytes - characters.Length;
        if (merges < 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(vocabSize), vocabSize,
                $"There are {Marks} marks, {Bytes} bytes and {characters.Length} different characters: {Marks + Bytes + characters.Length} "
                    + "tokens at least.");
        }

        string[] learned = new Learner(_words).Learn(merges);
        if (learned.Length < merges)
        {
            throw new InvalidOperationException(
                $"{vocabSize} tokens were asked for, but the texts give {vocabSize - merges + learned.Length} at most: more text has more "
                    + "words.");
        }

        List<string> pieces = ["<unk>", "<s>", "</s>"];
        List<float> scores = [0, 0, 0];
        List<TokenKind> kinds = [TokenKind.Unknown, TokenKind.Control, TokenKind.Control];
        for (int value = 0; value < Bytes; value++)
            Put(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), 0, TokenKind.Byte);
        foreach (string piece in learned.Concat(characters.Select(rune => rune.ToString())))
            Put(piece.Replace(' ', '\u2581'), Marks + Bytes - pieces.Count, TokenKind.Normal);
        return SentencePieceTokenizer.FromPieces(pieces, scores, kinds);

        void Put(string piece, float score, TokenKind kind)
        {
            pieces.Add(piece);
            scores.Add(score);
            kinds.Add(kind);
        }
    }

    /// <summary>Cuts a text into words.</summary>
    internal static List<Range> Split(string text, out string spaced)
    {
        spaced = text.Replace('\u2581', ' ');
        List<Range> words = [];
        for (int start = 0; start < spaced.Length;)
        {
            int end = start;
            if (spaced[end] == ' ')
                end++;
            if (end < spaced.Length && spaced[end] != ' ')
            {
                Sort sort = SortAt(spaced, end, out int length);
                end += length;

                // Digits stand alone, as in Llama 2's vocabulary.
                while (end < spaced.Length && sort is Sort.Letter or Sort.Sign && SortAt(spaced, end, out length) == sort)
                    end += length;
                if (sort == Sort.Control)
                {
                    // The space before a line break is still a word.
                    if (spaced[start] == ' ')
                        words.Add(start..(start + 1));
                    start = end;
                    continue;
                }
            }

            words.Add(start..end);
            start = end;
        }

        return words;
    }

    private static Sort SortAt(string text, int at, out int length)
    {
        Rune rune = Rune.GetRuneAt(text, at);
        length = rune.Utf16SequenceLength;
        if (rune.Value == ' ')
            return Sort.Space;
        if (Rune.IsControl(rune))
            return Sort.Control;
        if (Rune.IsDigit(rune))
            return Sort.Digit;
        return Rune.IsLetter(rune)
            || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            ? Sort.Letter
            : Sort.Sign;
    }

    private enum Sort
    {
        Letter,
        Digit,
        Sign,
        Space,
        Control,
    }

    /// <summary>
    /// The learning itself. Every word is kept cut into the pieces so far, just as encoding would cut it: where a new piece makes a pair
    /// that is a piece already, that pair is merged too, the oldest piece first. So encoding reproduces what was counted.
    /// </summary>
    private sealed class Learner
    {
        private readonly List<string> _pieces = [];
        private readonly Dictionary<string, int> _ids = [];
        private readonly List<int> _ranks = [];
        private readonly Dictionary<(int Left, int Right), int> _joined = [];
        private readonly List<Word> _words = [];
        private readonly Dictionary<int, Candidate> _candidates = [];
        private readonly PriorityQueue<int, (long Count, string Text)> _best = new(MostFirst.Instance);

        public Learner(Dictionary<string, long> words)
        {
            // In a fixed order, so that ids do not depend on how dictionaries happen to lie.
            foreach ((string text, long count) in words.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                _words.Add(new Word(count, [.. text.EnumerateRunes().Select(rune => Id(rune.ToString(), rank: 0))]));
            for (int i = 0; i < _words.Count; i++)
                Count(i, 1);
            foreach ((int piece, Candidate candidate) in _candidates)
                _best.Enqueue(piece, (candidate.Count, _pieces[piece]));
        }

        /// <summary>Learns pieces, most frequent first; fewer where none is left that is seen at all.</summary>
        public string[] Learn(int merges)
        {
            List<string> learned = new(merges);
            HashSet<int> touched = [];
            while (learned.Count < merges && _best.TryDequeue(out int piece, out (long Count, string Text) seen))
            {
                // Counts change after a pair was put in the queue; every change puts it in anew.
                if (_ranks[piece] >= 0 || !_candidates.TryGetValue(piece, out Candidate? candidate) || candidate.Count != seen.Count)
                    continue;
                learned.Add(_pieces[piece]);
                _ranks[piece] = learned.Count;
                touched.Clear();
                foreach (int word in candidate.Words.Order().ToArray())
                {
                    Count(word, -1, touched);
                    _words[word].Pieces = Cut(_words[word].Pieces);
                    Count(word, 1, touched);
                }

                foreach (int changed in touched)
                {
                    if (_ranks[changed] < 0 && _candidates[changed].Count > 0)
                        _best.Enqueue(changed, (_candidates[changed].Count, _pieces[changed]));
                }
            }

            return [.. learned];
        }

        private int Id(string text, int rank)
        {
            if (_ids.TryGetValue(text, out int id))
                return id;
            id = _pieces.Count;
            _ids.Add(text, id);
            _pieces.Add(text);
            _ranks.Add(rank);
            return id;
        }

        private int Join(int left, int right)
        {
            if (!_joined.TryGetValue((left, right), out int id))
                _joined.Add((left, right), id = Id(_pieces[left] + _pieces[right], rank: -1));
            return id;
        }

        /// <summary>Merges pairs that are pieces, the oldest piece first and the leftmost of equals, as long as there are any.</summary>
        private int[] Cut(int[] pieces)
        {
            List<int> cut = [.. pieces];
            while (true)
            {
                int best = -1;
                for (int i = 0; i + 1 < cut.Count; i++)
                {
                    int rank = _ranks[Join(cut[i], cut[i + 1])];
                    if (rank > 0 && (best < 0 || rank < _ranks[Join(cut[best], cut[best + 1])]))
                        best = i;
                }

                if (best < 0)
                    return [.. cut];
                cut[best] = Join(cut[best], cut[best + 1]);
                cut.RemoveAt(best + 1);
            }
        }

        private void Count(int word, int sign, HashSet<int>? touched = null)
        {
            int[] pieces = _words[word].Pieces;
            for (int i = 0; i + 1 < pieces.Length; i++)
            {
                int pair = Join(pieces[i], pieces[i + 1]);
                if (!_candidates.TryGetValue(pair, out Candidate? candidate))
                    _candidates.Add(pair, candidate = new Candidate());
                candidate.Count += sign * _words[word].Count;
                if (sign > 0)
                    candidate.Words.Add(word);
                else
                    candidate.Words.Remove(word);
                touched?.Add(pair);
            }
        }

        private sealed class Word(long count, int[] pieces)
        {
            public long Count { get; } = count;

            public int[] Pieces { get; set; } = pieces;
        }

        private sealed class Candidate
        {
            public long Count { get; set; }

            public HashSet<int> Words { get; } = [];
        }

        /// <summary>The most frequent first, of equals the shorter, then the one that comes first by its characters' numbers.</summary>
        private sealed class MostFirst : IComparer<(long Count, string Text)>
        {
            public static MostFirst Instance { get; } = new();

            public int Compare((long Count, string Text) x, (long Count, string Text) y)
            {
                int order = y.Count.CompareTo(x.Count);
                if (order == 0)
                    order = x.Text.Length.CompareTo(y.Text.Length);
                return order != 0 ? order : string.CompareOrdinal(x.Text, y.Text);
            }
        }
    }
}
