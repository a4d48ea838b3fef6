using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Tests.Tokenization;

public sealed class BpeTrainerTests
{
    private static readonly string s_text = string.Join(' ', Enumerable.Range(0, 400).Select(i =>
        $"{(i % 3 == 0 ? "The" : "a")} {(i % 5 == 0 ? "lower" : "newer")} newest widest low{new string('o', i % 4)} fox, {i} é日本 banana "
            + "bananas!"));

    [Fact]
    public void Vocabulary_IsThatOfAPlainLearner()
    {
        SentencePieceTokenizer tokenizer = Train(330);
        (List<string> learned, Dictionary<string, string[]> cut) = PlainLearner.Learn(s_text, 330 - 259 - Characters());
        Assert.Equal(learned, Enumerable.Range(259, learned.Count).Select(id => Encoding.UTF8.GetString(tokenizer.GetPiece(id))));

        // Encoding cuts every word as training had it in the end.
        foreach ((string word, string[] pieces) in cut)
        {
            if (word[0] == ' ')
                Assert.Equal(pieces, tokenizer.Encode(word.AsSpan(1)).Select(token => Encoding.UTF8.GetString(tokenizer.GetPiece(token))));
        }
    }

    [Fact]
    public void EveryText_ComesBack()
    {
        SentencePieceTokenizer tokenizer = Train(330);
        Gen.String.Sample(text =>
        {
            string sound = text.Replace('\u2581', ' ');
            byte[] bytes = Encoding.UTF8.GetBytes(sound);
            Assert.Equal(Encoding.UTF8.GetString(bytes), tokenizer.Decode(tokenizer.Encode(sound)));
        });
    }

    [Fact]
    public void Files_OfBothKindsLoadBackEqual()
    {
        using TempFolder folder = new();
        SentencePieceTokenizer tokenizer = Train(330);
        using (FileStream stream = File.Create(folder["tokenizer.bin"]))
            tokenizer.WriteLlama2c(stream);
        RandomModel.Write(
            folder["model.gguf"],
            new ModelShape { Dim = 32, FfnDim = 32, Layers = 1, Heads = 1, KvHeads = 1, HeadDim = 32, VocabSize = 330, Context = 8,
                TiedEmbeddings = true },
            QuantizationPreset.F32,
            new RandomModelOptions { Tokenizer = tokenizer.ToGguf() });
        using GgufFile gguf = GgufFile.Open(folder["model.gguf"]);
        foreach (Tokenizer loaded in (Tokenizer[])[TokenizerLoader.Open(folder["tokenizer.bin"], 330), TokenizerLoader.FromGguf(gguf)])
        {
            Assert.Equal((1, 2, 0), (loaded.BosId, loaded.EosId, loaded.UnknownId));
            Assert.Equal(tokenizer.Encode(s_text), loaded.Encode(s_text));
            Assert.Equal(tokenizer.Encode("naïve\n\tzebra 42", addBos: true, addEos: true),
                loaded.Encode("naïve\n\tzebra 42", addBos: true, addEos: true));
        }
    }

    [Fact]
    public void Pieces_NeverReachAcrossWordsNorHoldTwoDigits()
    {
        SentencePieceTokenizer tokenizer = Train(330);
        for (int id = 259; id < tokenizer.VocabSize; id++)
        {
            string piece = Encoding.UTF8.GetString(tokenizer.GetPiece(id));
            Assert.DoesNotContain(' ', piece[1..]);
            Assert.True(piece.Count(char.IsDigit) <= 1, piece);
            Assert.False(piece.Any(char.IsLetter) && piece.Any(char.IsPunctuation), piece);
        }
    }

    [Fact]
    public void Sizes_ThatCannotBeAreRefused()
    {
        Assert.Contains("at least", Assert.Throws<ArgumentOutOfRangeException>(() => Train(270)).Message, StringComparison.Ordinal);
        Assert.Contains("at most", Assert.Throws<InvalidOperationException>(() => Train(5000)).Message, StringComparison.Ordinal);
    }

    private static SentencePieceTokenizer Train(int vocabSize)
    {
        BpeTrainer trainer = new();
        trainer.Add(s_text);
        return trainer.Train(vocabSize);
    }

    private static int Characters() => (" " + s_text).EnumerateRunes().Distinct().Count();

    /// <summary>The same by its definition: counts everything anew for each piece.</summary>
    private static class PlainLearner
    {
        public static (List<string> Learned, Dictionary<string, string[]> Cut) Learn(string text, int merges)
        {
            Dictionary<string, int> counts = [];
            foreach (string word in text.Split(' '))
            {
                foreach (string part in Parts(" " + word))
                    counts[part] = counts.GetValueOrDefault(part) + 1;
            }

            Dictionary<string, List<string>> words =
                counts.Keys.ToDictionary(word => word, word => word.EnumerateRunes().Select(rune => rune.ToString()).ToList());
            List<string> learned = [];
            for (int i = 0; i < merges; i++)
            {
                Dictionary<string, int> pairs = [];
                foreach ((string word, List<string> pieces) in words)
                {
                    for (int j = 0; j + 1 < pieces.Count; j++)
                        pairs[pieces[j] + pieces[j + 1]] = pairs.GetValueOrDefault(pieces[j] + pieces[j + 1]) + counts[word];
                }

                learned.Add(pairs.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.Length)
                    .ThenBy(pair => pair.Key, StringComparer.Ordinal).First().Key);
                foreach (List<string> pieces in words.Values)
                    Merge(pieces, learned);
            }

            return (learned, words.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray()));
        }

        private static IEnumerable<string> Parts(string word)
        {
            StringBuilder part = new(word[..1]);
            int sort = -1;
            foreach (Rune rune in word[1..].EnumerateRunes())
            {
                int next = Rune.IsDigit(rune) ? 2 : Rune.IsLetter(rune) ? 0 : 1;
                if (sort >= 0 && (next != sort || next == 2))
                {
                    yield return part.ToString();
                    part.Clear();
                }

                part.Append(rune.ToString());
                sort = next;
            }

            yield return part.ToString();
        }

        private static void Merge(List<string> pieces, List<string> learned)
        {
            while (true)
            {
                int rank = Enumerable.Range(0, Math.Max(0, pieces.Count - 1)).Select(j => learned.IndexOf(pieces[j] + pieces[j + 1]))
                    .Where(r => r >= 0).DefaultIfEmpty(-1).Min();
                if (rank < 0)
                    return;
                int at = Enumerable.Range(0, pieces.Count - 1).First(j => pieces[j] + pieces[j + 1] == learned[rank]);
                pieces[at] += pieces[at + 1];
                pieces.RemoveAt(at + 1);
            }
        }
    }
}
