using System;
using System.IO;
using System.Threading.Tasks;
using Llamalith.Quantization;

namespace Llamalith.Tests.Commands;

public sealed class RunCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_ContinuesTheSameWayFromEveryFileFormat()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        string llama2c = TinyModels.WriteLlama2c(_folder["m.bin"], gguf);
        string safetensors = TinyModels.WriteSafetensors(_folder["hf"], gguf);
        string text = await GreedyAsync(gguf);
        Assert.StartsWith("abcae", text, StringComparison.Ordinal);
        Assert.True(text.Length > 20, text);
        Assert.Equal(text, await GreedyAsync(llama2c));
        Assert.Equal(text, await GreedyAsync(safetensors));
        Assert.Equal(text, await GreedyAsync(Path.Combine(safetensors, "model.safetensors")));
    }

    [Theory]
    [InlineData(QuantizationPreset.F16)]
    [InlineData(QuantizationPreset.BF16)]
    public async Task Run_ReadsShorterFloats(QuantizationPreset preset)
    {
        // The same numbers, written as floats of full length, are the same model.
        string narrow = TinyModels.WriteGguf(_folder["narrow.gguf"], preset);
        await CommandLine.SucceedAsync("quantize", narrow, _folder["wide.gguf"], "f32");
        Assert.Equal(await GreedyAsync(narrow), await GreedyAsync(_folder["wide.gguf"]));
    }

    [Fact]
    public async Task Run_TakesTypesThatHaveNoKernels()
    {
        // Stored anew while it is loaded, beforehand, and packed: the same numbers.
        string strange = TinyModels.WriteNonlinear(_folder["nl.gguf"]), text = await GreedyAsync(strange);
        await CommandLine.SucceedAsync("quantize", strange, _folder["8.gguf"], "q8_0", "--requantize");
        Assert.Equal(text, await GreedyAsync(_folder["8.gguf"]));
        (int code, _, string error) = await CommandLine.RunAsync("pack", strange, "-o", _folder["nl.llith"]);
        Assert.Equal(
            (0, $"{strange}: 15 tensors are IQ4_NL, for which there are no kernels: they are stored anew as Q8_0 when they are loaded, "
                + "which takes more memory than the file.\n"),
            (code, error.ReplaceLineEndings("\n")));
        Assert.Equal(text, await GreedyAsync(_folder["nl.llith"]));
    }

    [Fact]
    public async Task Run_WritesItsFiguresToStandardError()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        (int code, string output, string error) = await CommandLine.RunAsync("run", gguf, "-p", "abc", "-n", "8", "-t", "2", "--seed", "7");
        Assert.Equal(0, code);
        Assert.StartsWith("abc", output, StringComparison.Ordinal);
        Assert.EndsWith("\n", output, StringComparison.Ordinal);
        Assert.Matches(
            @"^prompt_tok_s=[0-9.]+ decode_tok_s=[0-9.]+ ttft_ms=[0-9.]+ start_ms=[0-9]+ load_ms=[0-9]+ isa=\w+ threads=2 seed=7\r?\n$",
            error);
    }

    [Fact]
    public async Task Run_RepeatsItselfWithTheSameSeed()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        string[] first = ["run", gguf, "-p", "a", "-n", "60", "-t", "1", "--temp", "1.5", "--top-k", "0", "--top-p", "1", "--min-p", "0",
            "--repeat-penalty", "1.1", "--seed", "1"];
        string text = await CommandLine.SucceedAsync(first);
        Assert.Equal(text, await CommandLine.SucceedAsync(first));
        Assert.NotEqual(text, await CommandLine.SucceedAsync([.. first[..^1], "2"]));
    }

    [Fact]
    public async Task Run_OfNoTokensIsThePrompt() =>
        Assert.Equal("abc\n", await CommandLine.SucceedAsync("run", TinyModels.WriteGguf(_folder["m.gguf"]), "-p", "abc", "-n", "0"));

    [Fact]
    public async Task Run_EndsWhereTheContextIsFull()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        string shorter = await GreedyAsync(gguf, "--ctx", "16"), longer = await GreedyAsync(gguf);
        Assert.StartsWith(shorter.TrimEnd(), longer, StringComparison.Ordinal);
        Assert.True(shorter.Length < longer.Length);
        (_, _, string error) = await CommandLine.RunAsync("run", gguf, "-p", "abc", "-n", "1000", "--ctx", "16", "--temp", "0");
        Assert.Matches(@"^The context of 16 positions is full after 1[0-9] of the 1000 tokens that -n allows\.\r?\nprompt_tok_s=", error);
        Assert.Equal(
            "The prompt has 18 tokens, but the model's context has room for 16.",
            await CommandLine.FailAsync("run", gguf, "-p", new string('z', 16), "--ctx", "16"));
        Assert.Equal($"{gguf}: a context of 129 positions was asked for, but llama.context_length = 128.",
            await CommandLine.FailAsync("run", gguf, "--ctx", "129"));
    }

    [Fact]
    public async Task Run_TakesATokenizerThatTheModelLacks()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        string bare = TinyModels.WriteGguf(_folder["bare.gguf"], bare: true);
        Assert.Equal(
            $"{bare} carries no tokenizer; --tokenizer FILE gives one (tokenizer.json, tokenizer.model, tokenizer.bin or a GGUF file).",
            await CommandLine.FailAsync("run", bare));
        string text = await GreedyAsync(gguf);
        Assert.Equal(text, await GreedyAsync(bare, "--tokenizer", gguf));
        Assert.Equal(text, await GreedyAsync(bare, "--tokenizer", TinyModels.WriteTokenizerBin(_folder["tok.bin"])));
        Assert.Contains(
            _folder["none"], await CommandLine.FailAsync("run", bare, "--tokenizer", _folder["none"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RefusesATokenizerOfAnotherModel()
    {
        string small = TinyModels.WriteGguf(_folder["small.gguf"], shape: TinyModels.Shape with { VocabSize = 299 }, bare: true);
        string line = await CommandLine.FailAsync("run", small, "--tokenizer", TinyModels.WriteTokenizerBin(_folder["tok.bin"]));
        Assert.Equal($"{_folder["tok.bin"]}: the tokenizer has 300 tokens, but llama.vocab_size = 299.", line);
    }

    [Fact]
    public async Task Run_RefusesUnknownFormatsByName()
    {
        string strange = TinyModels.WriteStrange(_folder["m.gguf"]);
        Assert.Equal($"{strange}: the tensor blk.1.ffn_up.weight is type 1234, which this runtime cannot read.",
            await CommandLine.FailAsync("run", strange));
    }

    [Fact]
    public async Task Run_RefusesToChooseByWhatIsNoNumber()
    {
        // The classifier is the last tensor: its last weights become NaN.
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        byte[] bytes = await File.ReadAllBytesAsync(gguf, TestContext.Current.CancellationToken);
        bytes.AsSpan(^16..).Fill(0xFF);
        await File.WriteAllBytesAsync(gguf, bytes, TestContext.Current.CancellationToken);
        Assert.StartsWith($"{gguf}: the model computes logits that nothing can be chosen by. The logit of token 299 is NaN.",
            await CommandLine.FailAsync("run", gguf, "-p", "a", "-t", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NeedsAPromptWhereNoTokenBegins()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"],
            tokenizer: TinyModels.Tokenizer with { BosId = null, TokenTypes = TinyModels.Tokenizer.TokenTypes.SetItem(1, 1) });
        Assert.Contains("-p or -f must give it something to continue", await CommandLine.FailAsync("run", gguf), StringComparison.Ordinal);
        Assert.StartsWith("a", await CommandLine.SucceedAsync("run", gguf, "-p", "a", "-n", "3", "-t", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TellsAStory()
    {
        string model = SharedData.PathOrSkip("stories260K.bin"), tokenizer = SharedData.PathOrSkip("tok512.bin");
        string story =
            await CommandLine.SucceedAsync("run", model, "--tokenizer", tokenizer, "--temp", "0", "-n", "40", "-t", "1", "--kv", "f32");
        Assert.StartsWith("Once upon a time, there was a little girl named Lily. She loved to play outside in the park.", story,
            StringComparison.Ordinal);
    }

    private static async Task<string> GreedyAsync(string model, params string[] more) =>
        await CommandLine.SucceedAsync(["run", model, "-p", "abcae", "-n", "40", "-t", "1", "--temp", "0", "--kv", "f32", .. more]);
}
