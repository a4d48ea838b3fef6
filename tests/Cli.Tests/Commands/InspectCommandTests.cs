using System;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Tests.Commands;

public sealed class InspectCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Inspect_SaysEverything()
    {
        string path = TinyModels.WriteGguf(_folder["tiny-1.5.gguf"]);
        string output = (await CommandLine.SucceedAsync("inspect", path, "--ctx", "100", "--kv", "f32")).ReplaceLineEndings("\n");

        // 2 layers of 64·64·2 + 64·32·2 + 3·64·96 + 128, 2·300·64 and 64.
        Assert.StartsWith($"{path}: GGUF version 3, \"tiny\", 400.6 kB of weights, 100,160 parameters\n", output, StringComparison.Ordinal);
        Assert.Contains("\n  KvHeads                    2  llama.attention.head_count_kv\n", output, StringComparison.Ordinal);
        Assert.Contains("\n  NormEps                 1e-5  llama.attention.layer_norm_rms_epsilon\n", output, StringComparison.Ordinal);
        Assert.Contains(
            "\n  F32       21 tensors         100,160 weights    400.6 kB  token_embd.weight ...\n", output, StringComparison.Ordinal);
        Assert.Contains("\ntokenizer: SentencePiece, 300 tokens, begin 1, end 2; a prompt begins with the begin token\n", output,
            StringComparison.Ordinal);

        // All but the embedding, in panels of 32 rows; 2·2 layers·32·4 bytes a token.
        Assert.Contains(
            "\nmemory at a context of 100\n  weights     329.0 kB\n  KV cache     51.2 kB  F32, 512 B a token\n  together    380.2 kB\n",
            output, StringComparison.Ordinal);
        Assert.EndsWith(
            """

            [LlamaModel(
                Dim = 64,
                FfnDim = 96,
                Layers = 2,
                Heads = 4,
                KvHeads = 2,
                VocabSize = 300,
                Context = 100,
                KvCache = KvFormat.F32)]
            public sealed partial class Tiny1_5;

            """,
            output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_ShowsFormatsThatNoEngineRuns()
    {
        string path = TinyModels.WriteStrange(_folder["m.gguf"]);
        string output = await CommandLine.SucceedAsync("inspect", path);
        Assert.Contains("  type 1234 ", output, StringComparison.Ordinal);
        Assert.Contains($"no engine: {path}: the tensor blk.1.ffn_up.weight is type 1234", output, StringComparison.Ordinal);
        Assert.DoesNotContain("[LlamaModel", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_RefusesATokenizerThatWasNamedAndDoesNotFit()
    {
        string path = TinyModels.WriteGguf(_folder["m.gguf"]);
        Assert.Contains(
            _folder["none"], await CommandLine.FailAsync("inspect", path, "--tokenizer", _folder["none"]), StringComparison.Ordinal);
        Assert.Equal($"{_folder.Path} has no tokenizer.json and no tokenizer.model and no tokenizer.bin.",
            await CommandLine.FailAsync("inspect", path, "--tokenizer", _folder.Path));
        (int code, string output, _) = await CommandLine.RunAsync("inspect", path, "--ctx", "129");
        Assert.Equal((1, ""), (code, output));
    }

    [Fact]
    public async Task Inspect_ReadsTheOtherFormatsToo()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        string llama2c = await CommandLine.SucceedAsync("inspect", TinyModels.WriteLlama2c(_folder["m.bin"], gguf));
        Assert.Contains(": llama2.c version 0, ", llama2c, StringComparison.Ordinal);
        Assert.Contains("  n_kv_heads", llama2c, StringComparison.Ordinal);
        string safetensors = await CommandLine.SucceedAsync("inspect", TinyModels.WriteSafetensors(_folder["hf"], gguf));
        Assert.Contains(": safetensors, ", safetensors, StringComparison.Ordinal);
        Assert.Contains("  num_key_value_heads", safetensors, StringComparison.Ordinal);
        Assert.Equal(Class(await CommandLine.SucceedAsync("inspect", gguf)), Class(llama2c));
        Assert.Equal(Class(llama2c), Class(safetensors).Replace("class Hf", "class M", StringComparison.Ordinal));

        static string Class(string output) => output[output.IndexOf("[LlamaModel", StringComparison.Ordinal)..];
    }

    [Fact]
    public async Task Inspect_DeclaresTheMixOfAFile()
    {
        ModelShape shape = TinyModels.Shape with { Dim = 256, FfnDim = 256, HeadDim = 64 };
        string path = TinyModels.WriteGguf(_folder["q.gguf"], QuantizationPreset.Q4_K_M, shape, bare: true);
        string output = await CommandLine.SucceedAsync("inspect", path);
        Assert.Contains("\n    Weights = WeightFormat.Q4_K_M)]", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains($"tokenizer: {path} carries no tokenizer; --tokenizer FILE", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_RefusesMorePositionsThanThereAre()
    {
        string path = TinyModels.WriteGguf(_folder["m.gguf"]);
        Assert.Equal($"{path}: a context of 1000 positions was asked for, but llama.context_length = 128.",
            await CommandLine.FailAsync("inspect", path, "--ctx", "1000"));
    }
}
