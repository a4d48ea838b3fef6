using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Commands;
using Llamalith.Contracts;
using Llamalith.Tests.Benchmarking;
using Llamalith.Tests.Peer;

namespace Llamalith.Tests.Commands;

public class BenchCommandTests
{
    private BenchRequest? asked;

    [Fact]
    public async Task Options_HaveTheUsualDefaults()
    {
        using TemporaryFolder folder = new();
        GgufFiles.WriteRandom(folder["m.gguf"]);
        await Assert.ThrowsAsync<NotSupportedException>(() => RunAsync((_, _) => throw new NotSupportedException(), folder["m.gguf"]));
        Assert.NotNull(asked);
        Assert.Equal(new BenchPlan { PromptTokens = 512, GeneratedTokens = 128, Depth = 0, Repetitions = 5 }, asked.Plan);
        Assert.Equal([Environment.ProcessorCount], asked.Threads);
        Assert.Equal((KvFormat.F16, false, (bool?)null), (asked.Cache, asked.Json, asked.PeerFlashAttention));
    }

    [Fact]
    public async Task Options_AreRead()
    {
        using TemporaryFolder folder = new();
        GgufFiles.WriteRandom(folder["m.gguf"]);
        await Assert.ThrowsAsync<NotSupportedException>(() => RunAsync(
            (_, _) => throw new NotSupportedException(),
            folder["m.gguf"], "-p", "64", "-n", "8", "-d", "100", "-r", "2", "-t", "2,1,2", "-o", "json", "--kv", "int8",
            "--peer-attention", "off"));
        Assert.NotNull(asked);
        Assert.Equal(folder["m.gguf"], asked.Path);
        Assert.Equal(new BenchPlan { PromptTokens = 64, GeneratedTokens = 8, Depth = 100, Repetitions = 2 }, asked.Plan);
        Assert.Equal([2, 1], asked.Threads);
        Assert.Equal((KvFormat.Int8, true, (bool?)false), (asked.Cache, asked.Json, asked.PeerFlashAttention));
    }

    [Fact]
    public async Task Rows_AreMeasuredAndWritten()
    {
        using TemporaryFolder folder = new();
        GgufFiles.WriteRandom(folder["m.gguf"]);
        (int code, string output, _) =
            await RunAsync(CompileArithmetic, folder["m.gguf"], "-p", "8", "-n", "4", "-r", "1", "-t", "1", "--rows", "2,9", "-o", "json");
        Assert.Equal(0, code);
        Assert.NotNull(asked);
        Assert.Equal([2, 9], asked.Plan.Rows);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement[] rows = [.. json.RootElement[0].GetProperty("rows").EnumerateArray()];
        Assert.Equal([2, 9], rows.Select(row => row.GetProperty("rows").GetInt32()));
        Assert.All(rows, row => Assert.True(row.GetProperty("tok_s").GetDouble() > 0 && row.GetProperty("share").GetDouble() > 0));
    }

    [Fact]
    public async Task Rows_OfNothingAreAClearError()
    {
        CliException error = await Assert.ThrowsAsync<CliException>(
            () => RunAsync((_, _) => throw new InvalidOperationException("Must not be compiled."), "m", "-n", "0", "--rows", "2"));
        Assert.Equal("--rows decodes as many tokens as -n says, and -n is 0.", error.Message);
    }

    [Fact]
    public async Task Peer_IsNotFetchedForWhatItCannotRead()
    {
        using TemporaryFolder folder = new();
        string gguf = TinyModels.WriteGguf(folder["m.gguf"]);
        foreach (string model in (string[])[TinyModels.WriteLlama2c(folder["m.bin"], gguf),
            TinyModels.WriteSafetensors(folder["hf"], gguf)])
        {
            CliException error =
                await Assert.ThrowsAsync<CliException>(() => RunAsync((_, _) => throw new NotSupportedException(), model, "--peer"));
            Assert.Equal(
                $"llama.cpp reads GGUF files only, and {model} is none: `llamalith quantize` makes one of any model.", error.Message);
        }
    }

    [Theory]
    [InlineData("-p must be a whole number of at least 0, but is '-1'", "m", "-p", "-1")]
    [InlineData("-d must be a whole number of at least 0, but is '-5'", "m", "-d", "-5")]
    [InlineData("-r must be a whole number of at least 1, but is '0'", "m", "-r", "0")]
    [InlineData("has '0'", "m", "-t", "1,0")]
    [InlineData("has 'two'", "m", "-t", "two")]
    [InlineData("has '1025'", "m", "-t", "1025")]
    [InlineData("has ''", "m", "-t", "1,")]
    [InlineData("--rows wants numbers of tokens from 1 to 64, as in 1,2,4, but has '65'", "m", "--rows", "2,65")]
    [InlineData("'xml'", "m", "-o", "xml")]
    [InlineData("'q4'", "m", "--kv", "q4")]
    [InlineData("-n must be a whole number of at least 0, but is 'many'", "m", "-n", "many")]
    [InlineData("Required argument missing")]
    public async Task Options_ThatAreWrongAreNamed(string expected, params string[] args)
    {
        (int code, _, string error) = await RunAsync((_, _) => throw new InvalidOperationException("Must not be compiled."), args);
        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Null(asked);
    }

    [Fact]
    public async Task Bench_OfAMissingFileIsAClearError()
    {
        CliException error = await Assert.ThrowsAsync<CliException>(
            () => RunAsync((_, _) => throw new InvalidOperationException("Must not be compiled."), "/nowhere/model.gguf"));
        Assert.Equal("/nowhere/model.gguf: there is no such model.", error.Message);
    }

    [Fact]
    public async Task Bench_OfNothingIsAClearError()
    {
        CliException error = await Assert.ThrowsAsync<CliException>(
            () => RunAsync((_, _) => throw new InvalidOperationException("Must not be compiled."), "m", "-p", "0", "-n", "0"));
        Assert.Equal("There is nothing to measure: both -p and -n are 0.", error.Message);
    }

    [Fact]
    public async Task Bench_WritesJson()
    {
        using TemporaryFolder folder = new();
        GgufFiles.WriteRandom(folder["m.gguf"]);
        (int code, string output, string error) =
            await RunAsync(CompileArithmetic, folder["m.gguf"], "-p", "16", "-n", "4", "-d", "3", "-r", "1", "-t", "1,2", "-o", "json");
        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal([1, 2], json.RootElement.EnumerateArray().Select(e => e.GetProperty("threads").GetInt32()));
        Assert.All(json.RootElement.EnumerateArray(), e => Assert.True(e.GetProperty("decode_tok_s").GetDouble() > 0));
        Assert.All(json.RootElement.EnumerateArray(), e => Assert.Equal("m", e.GetProperty("model").GetString()));
        Assert.Contains("machine reads", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_WritesPlainTextWhenPiped()
    {
        using TemporaryFolder folder = new();
        GgufFiles.WriteRandom(folder["m.gguf"]);
        (int code, string output, _) = await RunAsync(CompileArithmetic, folder["m.gguf"], "-p", "16", "-n", "4", "-r", "1", "-t", "1");
        Assert.Equal(0, code);
        Assert.StartsWith("engine ", output, StringComparison.Ordinal);
        Assert.Contains("\nllamalith ", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output);
    }

    private static Task<EngineSource> CompileArithmetic(BenchRequest request, CancellationToken cancellation) => Task.FromResult(
        new EngineSource("llamalith", (plan, threads) => LlamalithEngine.Load(() => new ArithmeticModel(20, plan.Positions, threads))));

    [Fact]
    public async Task Bench_BesideThePeerShowsAFastWrongAnswer()
    {
        InstalledPeer.OrSkip();
        using TemporaryFolder folder = new();
        GgufFiles.WriteRandom(folder["m.gguf"]);
        EngineSource wrong = new("llamalith",
            (plan, threads) => LlamalithEngine.Load(() => new ArithmeticModel(GgufFiles.RandomShape.VocabSize, plan.Positions, threads)));
        (int code, string output, string error) = await RunAsync(
            (_, _) => Task.FromResult(wrong), folder["m.gguf"], "--peer", "-p", "16", "-n", "8", "-d", "8", "-r", "1", "-t", "1", "-o",
            "json");
        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(["llamalith", "llama.cpp"], json.RootElement.EnumerateArray().Select(e => e.GetProperty("engine").GetString()));
        Assert.Contains("1 thread: llamalith / llama.cpp = ", error, StringComparison.Ordinal);
        Assert.Matches(@"same argmax at [0-3] of 9 positions, cosine at least -?0\.[0-7]", error);
    }

    [Fact]
    public async Task Bench_CompilesAnEngineAndMeasuresIt()
    {
        using TemporaryFolder folder = new();
        string model = TinyModels.WriteGguf(folder["tiny.gguf"]);
        (int code, string output, string error) = await CommandLine.RunAsync(
            "bench", model, "-p", "16", "-n", "4", "-d", "2", "-r", "1", "-t", "1,2", "--kv", "f32", "-o", "json");
        Assert.True(code == 0, error);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement[] engines = [.. json.RootElement.EnumerateArray()];
        Assert.Equal([1, 2], engines.Select(engine => engine.GetProperty("threads").GetInt32()));
        foreach (JsonElement engine in engines)
        {
            string[] names = [.. engine.EnumerateObject().Select(property => property.Name)];
            Assert.Equal(["engine", "model", "threads", "n_prompt", "n_gen", "depth", "prompt_tok_s", "decode_tok_s", "read_gb_s",
                "load_ms", "rss_mb", "prompt_tok_s_best", "decode_tok_s_best"], names);
            Assert.Equal(("llamalith", "tiny", 16, 4, 2), (
                engine.GetProperty("engine").GetString(),
                engine.GetProperty("model").GetString(),
                engine.GetProperty("n_prompt").GetInt32(),
                engine.GetProperty("n_gen").GetInt32(),
                engine.GetProperty("depth").GetInt32()));
            Assert.All((string[])["prompt_tok_s", "decode_tok_s", "read_gb_s", "load_ms"],
                name => Assert.True(engine.GetProperty(name).GetDouble() > 0, name));
        }

        Assert.Contains(
            $"llamalith: {Llamalith.Packer.Compilation.MachineIsa.Best.ToString().ToLowerInvariant()}", error, StringComparison.Ordinal);
        Assert.Equal($"{model}: a context of 129 positions was asked for, but llama.context_length = 128.",
            await CommandLine.FailAsync("bench", model, "-p", "0", "-n", "128", "-t", "1"));
    }

    [Fact]
    public async Task Bench_OfWhatIsNoModelIsAClearError()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder["m.gguf"], "GGUF", TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ModelFormatException>(() => RunAsync(CompileArithmetic, folder["m.gguf"]));
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(
        Func<BenchRequest, CancellationToken, Task<EngineSource>> open, params string[] args)
    {
        StringWriter output = new(), error = new();
        RootCommand root = new() { BenchCommand.Create((request, cancellation) =>
        {
            asked = request;
            return open(request, cancellation);
        }) };
        InvocationConfiguration console = new() { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        int code = await root.Parse(["bench", .. args]).InvokeAsync(console, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
