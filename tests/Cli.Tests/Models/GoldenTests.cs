using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Safetensors;
using Llamalith.Training;

namespace Llamalith.Tests.Models;

/// <summary>
/// Small models of the family beside what Hugging Face's own code makes of them: logits of every position at once and one by one, and the
/// greedy continuation, from whichever file the model is in.
/// </summary>
public sealed class GoldenTests
{
    private const string Folder = "family/";

    // Of the range of all logits.
    private const double Tolerance = 2e-4;

    /// <summary>What cannot be run yet, and the word of its error.</summary>
    private static readonly Dictionary<string, string> s_refused = new()
    {
        ["llama-biases"] = "bias",
    };

    /// <summary>Folders that are another's model in other files: whose logits they give.</summary>
    private static readonly Dictionary<string, string> s_same = new() { ["llama-split"] = "llama", ["qwen2-sharded"] = "qwen2" };

    public static TheoryData<string> Names =>
    [
        "exaone", "exaone4", "gemma", "gemma2", "gemma3", "granite", "llama", "llama-biases", "llama-fp8-rows", "llama-linear",
        "llama-rope-parameters", "llama-split", "llama-tied-mha", "llama-yarn", "llama3-scaled", "minicpm", "ministral3",
        "mistral-head-dim",
        "mistral-window", "olmo2", "olmo3", "phi3", "phi3-longrope", "phi3-window", "phi4-mini", "qwen2", "qwen2-sharded", "qwen2-window",
        "qwen2-yarn", "qwen3", "qwen3-fp8", "smollm3",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Model_GivesTheLogitsOfItsOwnCode(string name)
    {
        Golden golden = Golden.Open(name);
        foreach (string file in golden.Files)
        {
            if (s_refused.TryGetValue(name, out string? word))
            {
                Assert.Contains(word, await CommandLine.FailAsync("logits", file, "--tokens", "1,2"), StringComparison.Ordinal);
                continue;
            }

            using RunningModel running = Open(file);
            CollectedLogits prefilled = new(golden.Tokens.Length, running.Model.Shape.VocabSize);
            running.Model.Prefill(golden.Tokens, prefilled, TestContext.Current.CancellationToken);
            golden.Compare(file + ", at once", prefilled.Values);

            CollectedLogits decoded = new(golden.Tokens.Length, running.Model.Shape.VocabSize);
            running.Model.Truncate(0);
            int next = -1;
            for (int i = 0; i < golden.Tokens.Length; i++)
            {
                ReadOnlySpan<float> logits = running.Model.Decode(golden.Tokens[i]);
                decoded.Read(i, logits);
                next = LogitsAgreement.ArgMax(logits);
            }

            golden.Compare(file + ", one by one", decoded.Values);
            List<int> greedy = [next];
            while (greedy.Count < golden.Greedy.Length)
                greedy.Add(LogitsAgreement.ArgMax(running.Model.Decode(greedy[^1])));
            Assert.Equal(golden.Greedy, greedy);
        }
    }

    /// <summary>Norms that are stored less one, and a pattern of layers, in a GGUF file of the same architecture.</summary>
    [Theory]
    [InlineData("gemma2")]
    [InlineData("exaone4")]
    public async Task Quantize_WritesTheSameModel(string name)
    {
        Golden golden = Golden.Open(name);
        using TemporaryFolder folder = new();
        await CommandLine.SucceedAsync("quantize", golden.Files[0], folder["m.gguf"], "f32");
        using RunningModel running = Open(folder["m.gguf"]);
        CollectedLogits prefilled = new(golden.Tokens.Length, running.Model.Shape.VocabSize);
        running.Model.Prefill(golden.Tokens, prefilled, TestContext.Current.CancellationToken);
        golden.Compare(folder["m.gguf"], prefilled.Values);
    }

    private static RunningModel Open(string file) => RunningModel.Open(
        new ModelRequest { Path = file, KvCache = KvFormat.F32, Threads = 1 }, CommandLine.Engines, ProgressBars.None,
        TestContext.Current.CancellationToken,
        needsTokenizer: false);

    /// <summary>A folder's tokens and what comes of them.</summary>
    private sealed class Golden
    {
        private float[]? _logits;
        private double _range;

        public required string[] Files { get; init; }

        public required int[] Tokens { get; init; }

        public required int[] Greedy { get; init; }

        public static Golden Open(string name)
        {
            string json = SharedData.PathOrSkip($"{Folder}{name}/expected.json"), folder = Path.GetDirectoryName(json)!;
            using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(json));
            Golden golden = new()
            {
                Files =
                [
                    .. File.Exists(Path.Combine(folder, "config.json")) ? [folder] : (string[])[],
                    .. Directory.EnumerateFiles(folder, "*.gguf").Order(StringComparer.Ordinal).Take(1),
                ],
                Tokens = Ids(expected.RootElement.GetProperty("tokens")),
                Greedy = Ids(expected.RootElement.GetProperty("greedy")),
            };
            using SafetensorsFile tensors =
                SafetensorsFile.Open(SharedData.PathOrSkip($"{Folder}{s_same.GetValueOrDefault(name, name)}/expected.safetensors"));
            Assert.True(tensors.TryGetTensor("logits", out SafetensorsTensor tensor));
            golden._logits = Floats(tensors.View(tensor));
            golden._range = expected.RootElement.GetProperty("logits_range").GetDouble();
            return golden;
        }

        public void Compare(string what, ReadOnlySpan<float> logits)
        {
            Assert.Equal(_logits!.Length, logits.Length);
            double worst = 0;
            for (int i = 0; i < logits.Length; i++)
            {
                double difference = Math.Abs(logits[i] - _logits[i]);
                worst = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(worst, difference);
            }

            Assert.True(worst <= Tolerance * _range, $"{what}: {worst / _range:G3} of the range");
        }

        private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(static id => id.GetInt32())];

        private static unsafe float[] Floats(TensorView view)
        {
            Assert.Equal(TensorType.F32, view.Type);
            return MemoryMarshal.Cast<byte, float>(new ReadOnlySpan<byte>(view.Data, checked((int)view.ByteLength))).ToArray();
        }
    }
}
