using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Tokenization;
using Llamalith.Training;

namespace Llamalith.Tests.Models;

/// <summary>
/// A published chat model, SmolLM2-135M-Instruct in Q4_1, as a user of the tool takes it: beside what llama.cpp, and Hugging Face's code in
/// F32, say of it.
/// </summary>
public sealed class SmolLm2Tests : IDisposable
{
    private const string Folder = "smollm2/";
    private const string Context = "1024";

    // A lead of the first logit over the second that no rounding of activations takes.
    private const double SureLead = 0.75;

    private readonly TemporaryFolder _folder = new();
    private readonly string _model = SharedData.PathOrSkip(Folder + "SmolLM2-135M-Instruct.Q4_1.gguf");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Inspect_ShowsWhatItIs()
    {
        string output = await CommandLine.SucceedAsync("inspect", _model);
        foreach (string part in (string[])["134,515,008 parameters", "Q4_1     210 tensors",
            "byte-level BPE (SmolLM), 49,152 tokens, begin 1, end 2", "RopeTheta = 100000", "TiedEmbeddings = true",
            "WeightFormat.Q8_0 | WeightFormat.Q4_1"])
        {
            Assert.Contains(part, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Tokens_AreThoseOfLlamaCpp()
    {
        using Checkpoint checkpoint = Checkpoint.Open(_model);
        Tokenizer tokenizer = ModelTokenizer.Open(checkpoint, null);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOrSkip(Folder + "tokens.json")));
        int cases = 0;
        foreach (JsonElement one in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = one.GetProperty("text").GetString()!;
            if (one.TryGetProperty("ids", out JsonElement ids))
                Assert.Equal(Ids(ids), tokenizer.Encode(text));
            if (one.TryGetProperty("ids_special", out JsonElement special))
                Assert.Equal(Ids(special), tokenizer.Encode(text, parseSpecial: true));
            cases++;
        }

        Assert.True(cases > 50);
    }

    [Fact]
    public async Task Perplexity_IsThatOfF32()
    {
        using JsonDocument expected = Expected();
        double reference = expected.RootElement.GetProperty("perplexity_f32").GetDouble();
        await File.WriteAllTextAsync(
            _folder["text"], expected.RootElement.GetProperty("text").GetString(), TestContext.Current.CancellationToken);
        double perplexity = await PerplexityAsync(_model);
        Assert.InRange(perplexity / reference, 1 - 0.003, 1 + 0.003);

        // Packed it is the same engine with the same bits; in F16 the same model with other rounding.
        await CommandLine.SucceedAsync("pack", _model, "-o", _folder["packed.llith"]);
        Assert.Equal(perplexity, await PerplexityAsync(_folder["packed.llith"]));
        Assert.Contains(
            "allow", await CommandLine.FailAsync("quantize", _model, _folder["q.gguf"], "f16"), StringComparison.OrdinalIgnoreCase);
        await CommandLine.SucceedAsync("quantize", _model, _folder["q.gguf"], "f16", "--requantize");
        Assert.InRange(await PerplexityAsync(_folder["q.gguf"]) / reference, 1 - 0.003, 1 + 0.003);
    }

    [Fact]
    public void Answers_AreThoseOfF32WhereItIsSure()
    {
        using RunningModel running = RunningModel.Open(
            new ModelRequest { Path = _model, Context = int.Parse(Context, CultureInfo.InvariantCulture) }, CommandLine.Engines,
            ProgressBars.None, TestContext.Current.CancellationToken);
        using JsonDocument expected = Expected();
        int sure = 0;
        foreach (JsonElement prompt in expected.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] asked = Ids(prompt.GetProperty("tokens")), answer = Ids(prompt.GetProperty("greedy_f32"));
            double[] leads = [.. prompt.GetProperty("margins_f32").EnumerateArray().Select(lead => lead.GetDouble())];

            // Given the answer so far, the next token is that of F32: at once, and of the first sure answer one by one.
            int[] tokens = [.. asked, .. answer[..^1]];
            CollectedLogits logits = new(tokens.Length, running.Model.Shape.VocabSize);
            running.Model.Truncate(0);
            running.Model.Prefill(tokens, logits, TestContext.Current.CancellationToken);
            for (int i = 0; i < answer.Length; i++)
            {
                if (leads[i] < SureLead)
                    continue;
                Assert.Equal((asked.Length, i, answer[i]), (asked.Length, i, ArgMax(logits.Of(asked.Length - 1 + i))));
                sure++;
            }

            running.Model.Truncate(asked.Length);
            for (int i = 1; i < Math.Min(answer.Length, 8); i++)
            {
                int next = ArgMax(running.Model.Decode(answer[i - 1]));
                Assert.True(
                    leads[i] < SureLead || next == answer[i], $"{prompt.GetProperty("prompt")}: token {i} is {next}, not {answer[i]}");
            }
        }

        Assert.True(sure > 200, $"{sure}");
    }

    [Fact]
    public async Task Run_AnswersInItsTemplate()
    {
        using JsonDocument expected = Expected();
        JsonElement prompt = expected.RootElement.GetProperty("prompts").EnumerateArray()
            .Single(one => one.GetProperty("prompt").GetString()!.StartsWith("Summarize:", StringComparison.Ordinal));
        string template =
            $@"<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n{prompt.GetProperty("prompt").GetString()}<|im_end|>\n<|im_start|>assistant\n";
        string tokens = await CommandLine.SucceedAsync("tokenize", _model, "-e", "--special", "-p", template, "-o", "json");
        using JsonDocument json = JsonDocument.Parse(tokens);
        Assert.Equal(
            Ids(prompt.GetProperty("tokens")), json.RootElement.EnumerateArray().Select(token => token.GetProperty("id").GetInt32()));
        string text =
            await CommandLine.SucceedAsync("run", _model, "-e", "--special", "-p", template, "--temp", "0", "-n", "30", "--ctx", Context);
        Assert.EndsWith("assistant\n" + prompt.GetProperty("text_f32").GetString(), text.TrimEnd(), StringComparison.Ordinal);
    }

    private async Task<double> PerplexityAsync(string model)
    {
        using JsonDocument json = JsonDocument.Parse(
            await CommandLine.SucceedAsync("perplexity", model, "-f", _folder["text"], "-n", "1024", "--ctx", Context, "-o", "json"));
        Assert.Equal(1023, json.RootElement.GetProperty("tokens").GetInt32());
        return json.RootElement.GetProperty("perplexity").GetDouble();
    }

    private static JsonDocument Expected() => JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOrSkip(Folder + "expected.json")));

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];

    private static int ArgMax(ReadOnlySpan<float> logits) => Cli.Benchmarking.LogitsAgreement.ArgMax(logits);
}
