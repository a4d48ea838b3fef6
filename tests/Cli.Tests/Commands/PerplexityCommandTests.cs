using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.Quantization;

namespace Llamalith.Tests.Commands;

public sealed class PerplexityCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public PerplexityCommandTests()
    {
        _model = TinyModels.WriteGguf(_folder["m.gguf"]);
        File.WriteAllText(_folder["text"], string.Concat(Enumerable.Range(0, 100).Select(i => (char)('a' + (i * i % 26)))));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Perplexity_CountsEveryToken()
    {
        int count = (await CommandLine.SucceedAsync("tokenize", _model, "-f", _folder["text"], "--no-bos")).TrimEnd().Split('\n').Length;
        string line = await CommandLine.SucceedAsync("perplexity", _model, "-f", _folder["text"], "-t", "1");
        Assert.Matches($@"^perplexity [0-9.]+ ± [0-9.]+ \({count} tokens in windows of 128, stride 64\)\s*$", line);
        using JsonDocument json =
            JsonDocument.Parse(await CommandLine.SucceedAsync(
                "perplexity", _model, "-f", _folder["text"], "-t", "1", "--ctx", "32", "--stride", "5", "-n", "77", "-o", "json"));
        JsonElement result = json.RootElement;
        Assert.Equal((77, 32, 5),
            (result.GetProperty("tokens").GetInt32(), result.GetProperty("window").GetInt32(), result.GetProperty("stride").GetInt32()));

        // Random weights know nothing: the figure lies about the size of the vocabulary, and is worse for their confidence.
        Assert.InRange(result.GetProperty("perplexity").GetDouble(), 50, 1e9);
        Assert.True(result.GetProperty("error").GetDouble() > 0);
    }

    [Fact]
    public async Task Perplexity_DoesNotDependOnTheFormatOfTheFile()
    {
        string expected = await CommandLine.SucceedAsync("perplexity", _model, "-f", _folder["text"], "-t", "1");
        Assert.Equal(expected, await CommandLine.SucceedAsync(
            "perplexity", TinyModels.WriteSafetensors(_folder["hf"], _model), "-f", _folder["text"], "-t", "1"));
    }

    [Theory]
    [InlineData(QuantizationPreset.Q8_0, 0.05)]
    [InlineData(QuantizationPreset.Q4_K_M, 0.5)]
    public async Task Perplexity_OfCoarserWeightsIsNear(QuantizationPreset preset, double tolerance)
    {
        string source = TinyModels.WriteGguf(_folder["f32.gguf"], shape: TinyModels.Shape with { Dim = 256, FfnDim = 256, HeadDim = 64 });
        await CommandLine.SucceedAsync("quantize", source, _folder["q.gguf"], preset.ToString());
        double expected = await MeasureAsync(source), coarse = await MeasureAsync(_folder["q.gguf"]);
        Assert.InRange(Math.Log(coarse / expected), -tolerance, tolerance);
        Assert.NotEqual(expected, coarse);
    }

    [Fact]
    public async Task Perplexity_SaysWhatIsWrong()
    {
        await File.WriteAllTextAsync(_folder["empty"], "", TestContext.Current.CancellationToken);
        Assert.Equal($"{_folder["empty"]} holds no token that a model could foresee.",
            await CommandLine.FailAsync("perplexity", _model, "-f", _folder["empty"]));
        Assert.Equal("--stride is 32, but must be less than the 32 tokens of a window.",
            await CommandLine.FailAsync("perplexity", _model, "-f", _folder["text"], "--ctx", "32", "--stride", "32"));
        Assert.Equal("--ctx is 1, but a window needs 2 tokens at least.",
            await CommandLine.FailAsync("perplexity", _model, "-f", _folder["text"], "--ctx", "1"));
    }

    /// <summary>
    /// A trained model in each format reads real text about as well as in F32: the bounds are twice what was measured, or more, but Q8_0's,
    /// which is a promise.
    /// </summary>
    [Theory]
    [InlineData(QuantizationPreset.F16, 0.0005)]
    [InlineData(QuantizationPreset.BF16, 0.001)]
    [InlineData(QuantizationPreset.Q8_0, 0.005)]
    [InlineData(QuantizationPreset.Q5_1, 0.013)]
    [InlineData(QuantizationPreset.Q5_0, 0.018)]
    [InlineData(QuantizationPreset.Q4_1, 0.085)]
    [InlineData(QuantizationPreset.Q4_0, 0.12)]
    public async Task Perplexity_OfATrainedModelIsNearThatOfF32(QuantizationPreset preset, double bound)
    {
        string source = SharedData.PathOrSkip("stories260K.bin"), tokenizer = SharedData.PathOrSkip("tok512.bin");
        string text = Path.Combine(AppContext.BaseDirectory, "Evaluation", "stories.txt"), quantized = _folder["q.gguf"];
        await CommandLine.SucceedAsync("quantize", source, quantized, preset.ToString(), "--tokenizer", tokenizer);
        double expected = await MeasureAsync(source, text, "--tokenizer", tokenizer), actual = await MeasureAsync(quantized, text);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{preset}: {actual:F4}, F32 {expected:F4}, {100 * ((actual / expected) - 1):F3} %");
        Assert.InRange(actual / expected, 1 - bound, 1 + bound);
    }

    private Task<double> MeasureAsync(string model) => MeasureAsync(model, _folder["text"]);

    private static async Task<double> MeasureAsync(string model, string text, params string[] options)
    {
        using JsonDocument json =
            JsonDocument.Parse(await CommandLine.SucceedAsync(["perplexity", model, "-f", text, "-t", "1", "-o", "json", .. options]));
        return json.RootElement.GetProperty("perplexity").GetDouble();
    }

    [Fact]
    public async Task Perplexity_OfATrainedModelIsLow()
    {
        string model = SharedData.PathOrSkip("stories260K.bin"), tokenizer = SharedData.PathOrSkip("tok512.bin");
        await File.WriteAllTextAsync(
            _folder["story"],
            "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red "
                + "ball.",
            TestContext.Current.CancellationToken);
        using JsonDocument json = JsonDocument.Parse(
            await CommandLine.SucceedAsync("perplexity", model, "--tokenizer", tokenizer, "-f", _folder["story"], "-t", "1", "-o", "json"));
        Assert.InRange(json.RootElement.GetProperty("perplexity").GetDouble(), 1, 4);
    }
}
