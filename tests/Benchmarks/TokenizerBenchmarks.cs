using System;
using System.Linq;
using System.Text;
using BenchmarkDotNet.Attributes;
using Llamalith.Tests.Tokenization;
using Llamalith.Tokenization;
using Microsoft.ML.Tokenizers;
using PreTokenizer = Llamalith.Tokenization.PreTokenizer;

namespace Llamalith.Benchmarks;

/// <summary>Encoding a text of 64 Ki characters with cl100k's vocabulary, beside Microsoft.ML.Tokenizers.</summary>
[MemoryDiagnoser]
public class TokenizerBenchmarks
{
    private const int Length = 1 << 16;

    private readonly BytePairTokenizer _ours =
        PublishedRanks.Cl100k.ToTokenizer(new BytePairOptions { PreTokenizer = PreTokenizer.Llama3, IgnoreMerges = true });
    private readonly TiktokenTokenizer _theirs = TiktokenTokenizer.CreateForEncoding("cl100k_base");
    private readonly int[] _tokens = new int[Llamalith.Tokenization.Tokenizer.MaxTokens(Length)];
    private string _text = "";

    /// <summary>What the text is: English, code, Chinese and Japanese, or one word without end.</summary>
    [Params("english", "code", "cjk", "word")]
    public string Text { get; set; } = "";

    /// <summary>Makes the text, and sees to it that both cut it alike.</summary>
    [GlobalSetup]
    public void MakeText()
    {
        string unit = Text switch
        {
            "english" =>
                "Once upon a time, in 1847, there was a miller who'd neither sons nor daughters; \"unbelievable\", said the neighbours.\n",
            "code" => "    for (int i = 0; i < weights.Length; i++)\n        sum += weights[i] * x_scale[(i >> 5) & 0x7F]; // 1234567\n",
            "cjk" => "今天天气很好，我们去公园吧！私は東京タワーでコーヒーを3杯飲みました。",
            _ => "pneumonoultramicroscopicsilicovolcanoconiosis",
        };
        StringBuilder text = new();
        while (text.Length < Length)
            text.Append(unit);
        _text = text.ToString(0, Length);
        if (!_ours.Encode(_text).SequenceEqual(_theirs.EncodeToIds(_text)))
            throw new InvalidOperationException($"The two cut {Text} in different ways.");
    }

    /// <summary>This runtime.</summary>
    [Benchmark(Baseline = true)]
    public int Ours()
    {
        _ours.TryEncode(_text, _tokens, out int count);
        return count;
    }

    /// <summary>The other one.</summary>
    [Benchmark]
    public int MicrosoftML() => _theirs.CountTokens(_text);
}
