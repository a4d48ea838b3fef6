using System;
using System.Linq;

namespace Llamalith.Tests.Harness;

/// <summary>What a build writes down of model files.</summary>
internal static class FileTexts
{
    /// <summary>Hyperparameters of a small GGUF model: a line each, as "Name key value".</summary>
    public static readonly string[] Small =
    [
        "Context llama.context_length 512", "Dim llama.embedding_length 64", "FfnDim llama.feed_forward_length 172",
        "HeadDim llama.attention.key_length 8", "Heads llama.attention.head_count 8", "KvHeads llama.attention.head_count_kv 4",
        "Layers llama.block_count 5", "NormEps llama.attention.layer_norm_rms_epsilon 1E-05", "QkvBias has blk.0.attn_q.bias false",
        "RopeScaling llama.rope.scaling.type \"None\"", "RopeTheta llama.rope.freq_base 10000", "TiedEmbeddings tied true",
        "VocabSize llama.vocab_size 512",
    ];

    /// <summary>Another value of one of them.</summary>
    public static string[] With(string[] lines, string name, string value) =>
        [.. lines.Select(
            line => line.StartsWith(name + " ", StringComparison.Ordinal) ? line[..line.LastIndexOf(' ')] + " " + value : line)];

    /// <summary>The text beside a project.</summary>
    public static TestFile Of(string file, string[] lines, string weights = "\"F32\"") =>
        new($"/project/{System.IO.Path.GetFileNameWithoutExtension(file)}.llamalith.json", Text(file, lines, weights, ""));

    /// <summary>The text of a file that classes are loaded from.</summary>
    public static TestFile Seen(string file, string[] lines, string[] classes, string weights = "\"F32\"") => new(
        "/project/obj/llamalith/seen/1.llamalith.seen.json",
        Text(file, lines, weights, $"\"classes\": [{string.Join(", ", classes.Select(static name => $"\"{name}\""))}],"));

    private static string Text(string file, string[] lines, string weights, string classes) => $$"""
        {
          {{classes}}
          "file": "{{file}}",
          "header": "sha256:00",
          "hyperparameters": {
            {{string.Join(",\n    ", lines.Select(Entry))}}
          },
          "tensors": { "token_embd.weight": "F32 [512, 64]", "caf\u00e9\n": "x" },
          "weights": [{{weights}}]
        }
        """;

    private static string Entry(string line)
    {
        int name = line.IndexOf(' ', StringComparison.Ordinal), value = line.LastIndexOf(' ');
        return $"\"{line[..name]}\": {{ \"key\": \"{line[(name + 1)..value]}\", \"value\": {line[(value + 1)..]} }}";
    }
}
