using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Llamalith.Cli.Peer;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Tests.Peer;

/// <summary>Byte-level tokenizers of GGUF files beside llama.cpp, which reads the same files.</summary>
public sealed class PeerTokenizerTests
{
    private const string Text =
        """
        The cat's toys: 12345 balls, 3 mice & (at least) 1,000 feathers!  I'LL count them; don't you dare...

            int main() { return x_1 == 0 ? -1 : 2; }	// tab
        naïve Straße Ωmega 日本語 привет 🙂 ½ ٣٤٥ e\u0301 “quoted” $+<=>^~|
        """;

    [Theory]
    [InlineData("default")]
    [InlineData("gpt-2")]
    [InlineData("llama-bpe")]
    [InlineData("smollm")]
    [InlineData("qwen2")]
    public void Encode_CutsAsThePeerDoes(string pre)
    {
        LlamaCpp api = InstalledPeer.OrSkip();
        using TemporaryFolder folder = new();
        (string[] tokens, string[] merges) = Train(Text, 300);
        GgufTokenizerMetadata metadata = new()
        {
            Model = "gpt2",
            Pre = pre,
            Tokens = [.. tokens, "<|end|>"],
            TokenTypes = [.. tokens.Select(_ => (int)TokenKind.Normal), (int)TokenKind.Control],
            Merges = [.. merges],
            BosId = tokens.Length,
            EosId = tokens.Length,
        };
        ModelShape shape = new() { Dim = 64, FfnDim = 64, Layers = 1, Heads = 2, KvHeads = 2, HeadDim = 32,
            VocabSize = metadata.Tokens.Length, Context = 64, TiedEmbeddings = true };
        string path = folder["m.gguf"];
        RandomModel.Write(path, shape, QuantizationPreset.F32, new RandomModelOptions { Tokenizer = metadata });
        using GgufFile file = GgufFile.Open(path);
        Tokenizer ours = TokenizerLoader.FromGguf(file);
        using PeerModel theirs = PeerModel.Load(api, path);
        foreach (string text in Texts())
            Assert.Equal(theirs.Tokenize(text, addBos: false), ours.Encode(text));
    }

    /// <summary>The text whole, in pieces, and with its words and spaces in another order.</summary>
    private static IEnumerable<string> Texts()
    {
        yield return Text;
        Random random = new(3);
        Rune[] runes = [.. Text.EnumerateRunes()];
        for (int i = 0; i < 400; i++)
        {
            StringBuilder text = new();
            for (int n = random.Next(1, 8); n > 0; n--)
            {
                int start = random.Next(runes.Length), length = random.Next(1, 10);
                foreach (Rune rune in runes.Skip(start).Take(length))
                    text.Append(rune.ToString());
            }
            yield return text.ToString();
        }
    }

    /// <summary>A byte-level vocabulary of a text: its most frequent pairs, merged one after the other.</summary>
    private static (string[] Tokens, string[] Merges) Train(string text, int count)
    {
        List<string> parts = [.. Encoding.UTF8.GetBytes(text).Select(Named)];
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(b => Named((byte)b))], merges = [];
        while (merges.Count < count && parts.Count > 1)
        {
            (string left, string right) = parts.Zip(parts.Skip(1)).GroupBy(pair => pair).MaxBy(group => group.Count())!.Key;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                if (parts[i] == left && parts[i + 1] == right)
                {
                    parts[i] += right;
                    parts.RemoveAt(i + 1);
                }
            }
            if (tokens.Contains(left + right))
                continue;
            merges.Add($"{left} {right}");
            tokens.Add(left + right);
        }
        return ([.. tokens], [.. merges]);
    }

    private static string Named(byte value)
    {
        static bool Prints(int b) => b is (> 0x20 and < 0x7F) or (> 0xA0 and not 0xAD);
        return (Prints(value) ? (char)value : (char)(0x100 + Enumerable.Range(0, value).Count(b => !Prints(b)))).ToString();
    }
}
