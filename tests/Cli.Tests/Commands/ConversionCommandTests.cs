using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Quantization;
using Llamalith.Reference;

namespace Llamalith.Tests.Commands;

/// <summary>`quantize` and `random`.</summary>
public sealed class ConversionCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Quantize_WritesEveryFormat()
    {
        string source = TinyModels.WriteGguf(_folder["m.gguf"], shape: TinyModels.Shape with { Dim = 256, FfnDim = 256, HeadDim = 64 });
        foreach (QuantizationPreset preset in Enum.GetValues<QuantizationPreset>())
        {
            string output =
                await CommandLine.SucceedAsync("quantize", source, _folder["out.gguf"], preset.ToString().ToLowerInvariant(), "-t", "1");
            Assert.StartsWith($"{_folder["out.gguf"]}: {preset}, ", output, StringComparison.Ordinal);
            using GgufCheckpoint written = GgufCheckpoint.Open(_folder["out.gguf"]);
            Assert.Equal(TensorMix.FileType(preset), written.File.Metadata.GetInteger("general.file_type"));
            string gate = TensorNames.OfLayer(0, LayerNames.Gate);
            Assert.True(written.TryGetTensor(gate, out TensorView tensor));
            Assert.Equal(TensorMix.Choose(preset, written.Shape, gate, tensor.Rows, tensor.Columns), tensor.Type);
            Assert.Equal(TinyModels.Shape.VocabSize, written.OpenTokenizer().VocabSize);
        }
    }

    [Fact]
    public async Task Quantize_TakesTheTokenizerAlong()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        Directory.CreateDirectory(_folder["a"]);
        string beside = TinyModels.WriteLlama2c(_folder["a/m.bin"], gguf);
        await CommandLine.SucceedAsync("quantize", beside, _folder["beside.gguf"], "f32");

        Directory.CreateDirectory(_folder["b"]);
        string alone = TinyModels.WriteLlama2c(_folder["b/m.bin"], gguf);
        File.Move(_folder["b/tokenizer.bin"], _folder["tok.bin"]);
        await CommandLine.SucceedAsync("quantize", alone, _folder["named.gguf"], "f32", "--tokenizer", _folder["tok.bin"]);
        (int code, _, string error) = await CommandLine.RunAsync("quantize", alone, _folder["none.gguf"], "f32");
        Assert.Equal(0, code);
        Assert.StartsWith("Written without a tokenizer: ", error, StringComparison.Ordinal);

        string[] run = ["-p", "abc\n\"ae", "-n", "30", "-t", "1", "--temp", "0"];
        string expected = await CommandLine.SucceedAsync(["run", gguf, .. run]);
        Assert.Equal(expected, await CommandLine.SucceedAsync(["run", _folder["beside.gguf"], .. run]));
        Assert.Equal(expected, await CommandLine.SucceedAsync(["run", _folder["named.gguf"], .. run]));
        Assert.Equal(expected, await CommandLine.SucceedAsync(["run", _folder["none.gguf"], .. run, "--tokenizer", gguf]));
    }

    [Fact]
    public async Task Quantize_SaysWhatIsWrong()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        Assert.Equal($"{gguf} is the source itself.", await CommandLine.FailAsync("quantize", gguf, gguf, "q8_0"));
        Assert.StartsWith("FORMAT must be one of F32, F16, ", await CommandLine.FailAsync("quantize", gguf, _folder["o"], "q9"),
            StringComparison.Ordinal);
        Assert.Contains("--tokenizer does not go with it",
            await CommandLine.FailAsync("quantize", gguf, _folder["o"], "q8_0", "--tokenizer", gguf), StringComparison.Ordinal);
        await CommandLine.SucceedAsync("quantize", gguf, _folder["q8.gguf"], "q8_0");
        Assert.Contains(
            "is Q8_0 already", await CommandLine.FailAsync("quantize", _folder["q8.gguf"], _folder["o"], "q4_0"), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["o"]));
        await CommandLine.SucceedAsync("quantize", _folder["q8.gguf"], _folder["o"], "q4_0", "--requantize");
        Assert.True(File.Exists(_folder["o"]));
        Assert.Contains(
            _folder["no/folder"], await CommandLine.FailAsync("quantize", gguf, _folder["no/folder/o"], "q8_0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_WritesAModelWithATokenizer()
    {
        string tokenizer = SharedData.PathOrSkip("llama2-tokenizer.model");
        string output =
            await CommandLine.SucceedAsync("random", "stories15m", "q4_0", _folder["r.gguf"], "--tokenizer", tokenizer, "--seed", "3");
        Assert.StartsWith($"{_folder["r.gguf"]}: Q4_0, ", output, StringComparison.Ordinal);
        using Checkpoint checkpoint = Checkpoint.Open(_folder["r.gguf"]);
        Assert.Equal((288, 6, 32000), (checkpoint.Shape.Dim, checkpoint.Shape.Layers, checkpoint.Shape.VocabSize));

        // The embedded tokenizer is the file's own.
        const string Text = "Once upon a time, grüße  🙂\n\tend";
        Assert.Equal(Tokenization.TokenizerLoader.Open(tokenizer).Encode(Text), checkpoint.OpenTokenizer().Encode(Text));
        byte[] first = await File.ReadAllBytesAsync(_folder["r.gguf"], TestContext.Current.CancellationToken);
        await CommandLine.SucceedAsync(
            "random", "STORIES15M", "Q4_0", _folder["r.gguf"], "--tokenizer", tokenizer, "--seed", "3", "-t", "1");
        byte[] second = await File.ReadAllBytesAsync(_folder["r.gguf"], TestContext.Current.CancellationToken);
        Assert.True(first.AsSpan().SequenceEqual(second));

        await CommandLine.SucceedAsync("random", "stories15m", "q4_0", _folder["r.gguf"], "--tokenizer", tokenizer, "--ctx", "1000");
        using Checkpoint longer = Checkpoint.Open(_folder["r.gguf"]);
        Assert.Equal(1000, longer.Shape.Context);
    }

    [Fact]
    public async Task Random_SaysWhatIsWrong()
    {
        string tokenizer = TinyModels.WriteTokenizerBin(_folder["tok.bin"]);
        Assert.Equal("The tokenizer has 300 tokens, but the model has VocabSize = 32000.",
            await CommandLine.FailAsync("random", "stories15m", "f16", _folder["r.gguf"], "--tokenizer", tokenizer));
        Assert.StartsWith("PRESET must be one of llama2-7b, ",
            await CommandLine.FailAsync("random", "llama9", "f16", _folder["r.gguf"], "--tokenizer", tokenizer), StringComparison.Ordinal);
        Assert.Contains("'--tokenizer' is required", await CommandLine.FailAsync("random", "stories15m", "f16", _folder["r.gguf"]),
            StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["r.gguf"]));
    }
}
