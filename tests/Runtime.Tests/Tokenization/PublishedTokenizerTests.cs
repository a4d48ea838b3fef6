using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Llamalith.Tokenization;
using Microsoft.ML.Tokenizers;
using Tokenizer = Llamalith.Tokenization.Tokenizer;

namespace Llamalith.Tests.Tokenization;

/// <summary>The vocabularies of published models, over a large corpus of odd texts.</summary>
public partial class PublishedTokenizerTests
{
    private static readonly string[] s_words =
    [
        "the", "quick", "brown", "fox", "Once upon a time", "Lily", "<s>", "</s>", "<unk>", "<0x41>", "3.14159", "int main() {", "naïve",
        "café", "Straße",
        "東京", "日本語", "привет", "мир", "שלום", "🙂", "👩‍👩‍👧‍👦", "🦙", "e\u0301", "\u00A0", "\u200B", "ﬁ", "½", "\uFFFD", "[INST]",
        "<<SYS>>", "don't",
        "I'll", "http://x.y/?q=1&r=2", "1234567890", "\n", "\n\n", "\t", "\r\n", "\0", "\u0007", "\u001B[0m", "\u2028",
    ];

    [Fact]
    public void Llama2Model_EncodesLikeAnIndependentImplementation()
    {
        string path = SharedData.PathOrSkip("llama2-tokenizer.model");
        Tokenizer ours = TokenizerLoader.Open(path, 32000);
        using FileStream file = File.OpenRead(path);
        LlamaTokenizer theirs = LlamaTokenizer.Create(file, addBeginOfSentence: false, addEndOfSentence: false);
        int compared = 0;
        foreach (string text in Corpus(8000))
        {
            // It does not merge the leftmost of equal pairs first, as SentencePiece does. Only where something is said three
            // times in a row do equal pairs overlap.
            if (ThreeInARow().IsMatch(text))
                continue;
            Assert.Equal(theirs.EncodeToIds(text), ours.Encode(text));
            compared++;
        }
        Assert.True(compared > 2000, $"Only {compared} texts were compared.");
    }

    [Fact]
    public void Llama2Model_DecodesLikeAnIndependentImplementation()
    {
        string path = SharedData.PathOrSkip("llama2-tokenizer.model");
        Tokenizer ours = TokenizerLoader.Open(path);
        using FileStream file = File.OpenRead(path);
        LlamaTokenizer theirs = LlamaTokenizer.Create(file, addBeginOfSentence: false, addEndOfSentence: false);
        Random random = new(11);
        for (int i = 0; i < 5000; i++)
        {
            int[] tokens = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(259, 32000))];
            Assert.Equal(theirs.Decode(tokens), ours.Decode(tokens));
        }
    }

    [Fact]
    public void Llama2TokenizerBin_EncodesLikeTheModelItWasMadeOf()
    {
        Tokenizer model = TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.model"), 32000);
        Tokenizer bin = TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.bin"), 32000);
        foreach (string text in Corpus(5000))
        {
            int[] tokens = model.Encode(text, addBos: true);
            Assert.Equal(tokens, bin.Encode(text, addBos: true));
            Assert.Equal(text, bin.Decode(tokens));
            Assert.Equal(text, model.Decode(tokens));
        }
    }

    [Fact]
    public void Tok512_EncodesAKnownSentence()
    {
        Tokenizer tokenizer = TokenizerLoader.Open(SharedData.PathOrSkip("tok512.bin"), 512);
        Assert.Equal([1, 403, 407, 261, 378], tokenizer.Encode("Once upon a time", addBos: true));
        Assert.Equal("Once upon a time", tokenizer.Decode([1, 403, 407, 261, 378]));
    }

    [Fact]
    public void Tok512_GivesEveryTextBack()
    {
        Tokenizer tokenizer = TokenizerLoader.Open(SharedData.PathOrSkip("tok512.bin"));
        foreach (string text in Corpus(5000))
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addBos: true)));
    }

    private static IEnumerable<string> Corpus(int count)
    {
        Random random = new(7);
        StringBuilder text = new();
        for (int i = 0; i < count; i++)
        {
            text.Clear();
            for (int n = random.Next(0, 16); n > 0; n--)
            {
                if (random.Next(3) > 0)
                    text.Append(s_words[random.Next(s_words.Length)]);
                else
                    for (int m = random.Next(1, 8); m > 0; m--)
                        text.Append(AnyCharacter(random).ToString());
                text.Append(' ', random.Next(8) switch { 0 => 0, 1 => 2, 2 => random.Next(3, 20), _ => 1 });
            }
            yield return text.ToString();
        }
    }

    private static Rune AnyCharacter(Random random) => new(random.Next(6) switch
    {
        0 => random.Next(0x00, 0x20),
        1 or 2 => random.Next(0x20, 0x7F),
        3 => random.Next(0x80, 0x600),
        4 => random.Next(0x3040, 0xA000),
        _ => random.Next(0x10000, 0x20000),
    });

    [GeneratedRegex(@"(.+?)\1\1", RegexOptions.Singleline)]
    private static partial Regex ThreeInARow();
}
