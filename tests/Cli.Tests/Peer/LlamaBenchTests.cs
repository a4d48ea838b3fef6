using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Peer;

namespace Llamalith.Tests.Peer;

/// <summary>Any llama-bench as a peer: here a script that writes what one writes.</summary>
public sealed class LlamaBenchTests : IDisposable
{
    private const string Output = """
        [
          { "build_commit": "8337e4c", "n_prompt": 16, "n_gen": 0, "avg_ts": 5.0, "samples_ts": [ 10.0, 30.0, 20.0 ] },
          { "build_commit": "8337e4c", "n_prompt": 0, "n_gen": 4, "avg_ts": 7.5 }
        ]
        """;

    private readonly TemporaryFolder _folder = new();

    public LlamaBenchTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is one of a Unix shell.");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bench_StandsBesideItInProcessesOfItsOwn()
    {
        string model = TinyModels.WriteGguf(_folder["m.gguf"]), bench = Script("llama bench",
            $"echo 'llama_model_load: some log' >&2\necho \"$GLIBC_TUNABLES $*\" >> '{_folder["calls"]}'\ncat <<'END'\n{Output}\nEND");
        (int code, string output, string error) = await CommandLine.RunAsync(
            "bench", model, "-p", "16", "-n", "4", "-r", "2", "-t", "1", "-o", "json", "--peer-command", $"\"{bench}\" -fa 1",
            "--peer-command", $"\"{bench}\" -rtr 1 -r 3");
        Assert.True(code == 0, error);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement[] engines = [.. json.RootElement.EnumerateArray()];
        Assert.Equal(["llamalith", "llama bench", "llama bench 2"], engines.Select(engine => engine.GetProperty("engine").GetString()));
        Assert.Equal((20, 7.5, 20, 7.5), (
            engines[1].GetProperty("prompt_tok_s").GetDouble(),
            engines[1].GetProperty("decode_tok_s").GetDouble(),
            engines[1].GetProperty("prompt_tok_s_best").GetDouble(),
            engines[1].GetProperty("decode_tok_s_best").GetDouble()));
        Assert.Equal(JsonValueKind.Null, engines[1].GetProperty("load_ms").ValueKind);
        Assert.Contains("1 thread: llamalith / llama bench = ", error, StringComparison.Ordinal);
        Assert.Contains("1 thread: llamalith / llama bench 2 = ", error, StringComparison.Ordinal);
        Assert.Contains("llama bench: \"" + bench + "\" -fa 1 (build 8337e4c)", error, StringComparison.Ordinal);
        Assert.DoesNotContain("some log", error, StringComparison.Ordinal);

        // In alternating order, and with huge pages.
        string[] calls = await File.ReadAllLinesAsync(_folder["calls"], TestContext.Current.CancellationToken);
        string first = $"glibc.malloc.hugetlb=1 -fa 1 -m {model} -p 16 -n 4 -t 1 -o json -r 1",
            second = $"glibc.malloc.hugetlb=1 -rtr 1 -r 3 -m {model} -p 16 -n 4 -t 1 -o json";
        Assert.Equal([first, second, second, first], calls);
    }

    [Theory]
    [InlineData("echo 'no such model' >&2; exit 3", "llama-bench ended with code 3: no such model")]
    [InlineData("exit 1", "llama-bench ended with code 1: it said nothing of why.")]
    [InlineData("echo hello", "llama-bench wrote no JSON of llama-bench's to its standard output: ")]
    [InlineData("echo '[{\"a\": 1}]'", "llama-bench wrote no JSON of llama-bench's to its standard output: ")]
    [InlineData("echo '[]'", "llama-bench measured no prompt of 16 tokens.")]
    public void What_DoesNotMeasureIsSaid(string body, string expected)
    {
        using IContender contender = Prepare(Script("llama-bench", body));
        Assert.StartsWith(expected, Assert.Throws<CliException>(() => contender.TakeTurn(TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Program_MustBeThere()
    {
        using IContender contender = Prepare(_folder["none"]);
        Assert.StartsWith($"{_folder["none"]} could not be started: ",
            Assert.Throws<CliException>(() => contender.TakeTurn(TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Equal("--peer-command names a program, but is empty.",
            Assert.Throws<CliException>(() => new LlamaBench(" ", "m", PeerCacheFormat.F16, null, null).Name).Message);
    }

    [Fact]
    public async Task Program_EndsWhereTheBenchIsInterrupted()
    {
        using IContender contender = Prepare(Script("llama-bench", $"touch '{_folder["begun"]}'; sleep 600"));
        using CancellationTokenSource interrupt = new();
        Task turn = Task.Run(() => contender.TakeTurn(interrupt.Token), TestContext.Current.CancellationToken);
        while (!File.Exists(_folder["begun"]))
            await Task.Delay(5, TestContext.Current.CancellationToken);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => turn.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Options_SayWhatIsMeasured()
    {
        BenchPlan plan = new() { PromptTokens = 512, GeneratedTokens = 32, Depth = 100 };
        Assert.Equal(
            ["-m", "m.gguf", "-p", "512", "-n", "32", "-t", "2", "-o", "json", "-r", "1", "-d", "100", "-fa", "0", "-ctk", "q8_0", "-ctv",
                "q8_0"],
            new LlamaBench("b", "m.gguf", PeerCacheFormat.Q8_0, flashAttention: false, null).OptionsFor(plan, 2));
    }

    [Theory]
    [InlineData(null, "glibc.malloc.hugetlb=1")]
    [InlineData("", "glibc.malloc.hugetlb=1")]
    [InlineData("glibc.malloc.check=3", "glibc.malloc.check=3:glibc.malloc.hugetlb=1")]
    [InlineData("glibc.malloc.hugetlb=2", "glibc.malloc.hugetlb=2")]
    public void HugePages_AreAskedForBesideOtherTunables(string? before, string expected) =>
        Assert.Equal(expected, ChildProcess.WithHugePages(before));

    private static IContender Prepare(string program) => new LlamaBench($"\"{program}\"", "m", PeerCacheFormat.F16, null, null)
        .Prepare(
            new BenchPlan { PromptTokens = 16, GeneratedTokens = 4 }, 1, new LogitsComparison(), TestContext.Current.CancellationToken);

    private string Script(string name, string body)
    {
        File.WriteAllText(_folder[name], "#!/bin/sh\n" + body + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return _folder[name];
    }
}
