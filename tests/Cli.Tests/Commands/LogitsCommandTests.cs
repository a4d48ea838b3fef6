using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Safetensors;
using Llamalith.Training;

namespace Llamalith.Tests.Commands;

public sealed partial class LogitsCommandTests : IDisposable
{
    private static readonly int[] s_tokens = [1, 5, 9, 260, 299];

    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public LogitsCommandTests() => _model = TinyModels.WriteGguf(_folder["m.gguf"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Logits_AreThoseOfTheEngine()
    {
        (float[] prefilled, float[] decoded) = Expected();
        string output = await LogitsAsync(_model, "--out", _folder["l.safetensors"]);
        Assert.Equal((Sha256(prefilled), Sha256(decoded)), Checksums(output));
        int vocabulary = TinyModels.Shape.VocabSize;
        float[] last = prefilled[^vocabulary..];
        (int Id, float Value)[] top = [.. last.Select((value, id) => (id, value)).OrderByDescending(pair => pair.value).Take(10)];
        Assert.Equal(top, output.Split('\n')[1..11].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(words =>
            (int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture),
                float.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture))));

        using SafetensorsFile file = SafetensorsFile.Open(_folder["l.safetensors"]);
        SafetensorsTensor tensor = Assert.Single(file.Tensors);
        Assert.Equal(
            ("logits", TensorType.F32, s_tokens.Length, vocabulary), (tensor.Name, tensor.Type, (int)tensor.Rows, (int)tensor.Columns));
        Assert.Equal(MemoryMarshal.AsBytes(prefilled.AsSpan()).ToArray(), Bytes(file.View(tensor)));
    }

    [Fact]
    public async Task Logits_AreTheSameFromEveryFormat()
    {
        string llama2c = TinyModels.WriteLlama2c(_folder["m.bin"], _model),
            safetensors = TinyModels.WriteSafetensors(_folder["hf"], _model);
        await CommandLine.SucceedAsync("pack", _model, "-o", _folder["m.llith"]);
        string expected = await LogitsAsync(_model);
        Assert.Equal(expected, await LogitsAsync(llama2c));
        Assert.Equal(expected, await LogitsAsync(safetensors));
        Assert.Equal(expected, await LogitsAsync(_folder["m.llith"]));
        Assert.Equal(Checksums(expected), Checksums(await LogitsAsync(_model, "--ctx", "16", "-t", "2")));
    }

    [Fact]
    public async Task Logits_TakeATextToo()
    {
        // (begin), the space, "ae" and "b".
        string expected = await CommandLine.SucceedAsync("logits", _model, "--tokens", "1 259, 286\n261", "-t", "1", "--kv", "f32");
        Assert.Matches(
            "^ token            logit\n( +[0-9]+ +-?[0-9.E-]+  .+\n){10}prefill  sha256 [0-9a-f]{64}  \\[4, 300\\]\ndecode   sha256 "
                + "[0-9a-f]{64}  \\[4, 300\\]\n$", expected.ReplaceLineEndings("\n"));
        await File.WriteAllTextAsync(_folder["text"], "aeb", TestContext.Current.CancellationToken);
        Assert.Equal(expected, await CommandLine.SucceedAsync("logits", _model, "-p", "aeb", "-t", "1", "--kv", "f32"));
        Assert.Equal(expected, await CommandLine.SucceedAsync("logits", _model, "-f", _folder["text"], "-t", "1", "--kv", "f32"));
        Assert.Equal(
            expected, await CommandLine.SucceedAsync("logits", _model, "-p", "<s>aeb", "--no-bos", "--special", "-t", "1", "--kv", "f32"));
        Assert.NotEqual(expected, await CommandLine.SucceedAsync("logits", _model, "-p", "aeb", "--no-bos", "-t", "1", "--kv", "f32"));
    }

    [Fact]
    public async Task Logits_OfTokensNeedNoTokenizer()
    {
        string bare = TinyModels.WriteGguf(_folder["bare.gguf"], bare: true);
        string output = await LogitsAsync(bare);
        Assert.Equal(Checksums(await LogitsAsync(_model)), Checksums(output));
        Assert.DoesNotContain('"', output);
        Assert.Contains("carries no tokenizer", await CommandLine.FailAsync("logits", bare, "-p", "a"), StringComparison.Ordinal);
        Assert.Contains(_folder["none"], await CommandLine.FailAsync("logits", bare, "--tokens", "1", "--tokenizer", _folder["none"]),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logits_ThatAreNoNumbersAreCounted()
    {
        // The classifier is the last tensor: its last weights become NaN.
        byte[] bytes = await File.ReadAllBytesAsync(_model, TestContext.Current.CancellationToken);
        bytes.AsSpan(^16..).Fill(0xFF);
        await File.WriteAllBytesAsync(_model, bytes, TestContext.Current.CancellationToken);
        string output = await LogitsAsync(_model);
        Assert.Contains("[5, 300], of which 5 numbers not finite", output, StringComparison.Ordinal);
        Assert.DoesNotContain("299  ", string.Join('\n', output.Split('\n')[..11]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logits_SayWhatIsWrong()
    {
        const string One = "One of --tokens IDS, -p TEXT and -f FILE must say which tokens go through the model.";
        Assert.Equal(One, await CommandLine.FailAsync("logits", _model));
        Assert.Equal(One, await CommandLine.FailAsync("logits", _model, "--tokens", "1", "-p", "a"));
        Assert.Equal("'300' is no token id; they are 0 to 299.", await CommandLine.FailAsync("logits", _model, "--tokens", "1,300"));
        Assert.Equal("There is no token to go through the model.", await CommandLine.FailAsync("logits", _model, "--tokens", ", "));
        Assert.Equal("There are 3 tokens, but the context has 2 positions; --ctx may ask for more.",
            await CommandLine.FailAsync("logits", _model, "--tokens", "1,5,9", "--ctx", "2"));
        Assert.Equal($"{_model}: a context of 129 positions was asked for, but llama.context_length = 128.",
            await CommandLine.FailAsync("logits", _model, "--tokens", "1", "--ctx", "129"));
        Assert.Contains("it is a folder", await CommandLine.FailAsync("logits", _model, "--tokens", "1", "--out", _folder.Path),
            StringComparison.Ordinal);
    }

    private static Task<string> LogitsAsync(string model, params string[] more) =>
        CommandLine.SucceedAsync(
            ["logits", model, "--tokens", string.Join(',', s_tokens), "--kv", "f32", .. more.Contains("-t") ? more : ["-t", "1", .. more]]);

    // By the engine itself.
    private (float[] Prefilled, float[] Decoded) Expected()
    {
        ModelRequest request = new() { Path = _model, KvCache = KvFormat.F32, Threads = 1 };
        using RunningModel running =
            RunningModel.Open(request, CommandLine.Engines, ProgressBars.None, TestContext.Current.CancellationToken);
        CollectedLogits prefilled = new(s_tokens.Length, TinyModels.Shape.VocabSize);
        running.Model.Prefill(s_tokens, prefilled, TestContext.Current.CancellationToken);
        running.Model.Truncate(0);
        List<float> decoded = [];
        foreach (int token in s_tokens)
            decoded.AddRange(running.Model.Decode(token));
        return (prefilled.Values.ToArray(), [.. decoded]);
    }

    private static (string Prefill, string Decode) Checksums(string output)
    {
        string[] sums = [.. Sum().Matches(output).Select(match => match.Groups[1].Value)];
        Assert.Equal(2, sums.Length);
        return (sums[0], sums[1]);
    }

    private static string Sha256(float[] values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())));

    private static unsafe byte[] Bytes(TensorView tensor) => new ReadOnlySpan<byte>(tensor.Data, (int)tensor.ByteLength).ToArray();

    [GeneratedRegex("sha256 ([0-9a-f]{64})")]
    private static partial Regex Sum();
}
