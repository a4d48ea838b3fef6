using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli;

namespace Llamalith.Tests.Commands;

public sealed class ToolTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tool_ExplainsItself()
    {
        string help = await CommandLine.SucceedAsync();
        Assert.Equal(help, await CommandLine.SucceedAsync("--help"));
        foreach (string verb in (string[])["inspect", "run", "bench", "tokenize", "perplexity", "logits", "quantize", "pack", "random",
            "init", "dump-source", "chart", "peer"])
        {
            Assert.Contains("  " + verb, help, StringComparison.Ordinal);
            Assert.Contains($"llamalith {verb}", (await CommandLine.SucceedAsync(verb, "--help"))
                .Replace("Llamalith.Cli.Tests", "llamalith", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("'frob' is neither a verb nor an option here. `llamalith --help` says more.", "frob")]
    [InlineData("'--frob' is neither a verb nor an option here. `llamalith run --help` says more.", "run", "m", "--frob")]
    [InlineData("Required argument missing for command: 'run'. `llamalith run --help` says more.", "run")]
    [InlineData("-n must be a whole number of at least 0, but is 'x'. `llamalith run --help` says more.", "run", "m", "-n", "x")]
    [InlineData("--temp must be a number of at least 0, but is '-1'. `llamalith run --help` says more.", "run", "m", "--temp", "-1")]
    [InlineData("--min-p must be a number from 0 to 1, but is 'NaN'. `llamalith run --help` says more.", "run", "m", "--min-p", "NaN")]
    [InlineData("--seed must be a whole number, 0 or more, but is '-3'. `llamalith run --help` says more.", "run", "m", "--seed", "-3")]
    [InlineData("--ctx must be a number of positions, at least 1, but is '0'. `llamalith run --help` says more.", "run", "m", "--ctx", "0")]
    [InlineData("--kv must be one of f16, f32, int8, but is 'f8'. `llamalith run --help` says more.", "run", "m", "--kv", "f8")]
    [InlineData(
        "--top-p must be a number above 0 and at most 1, but is '0'. `llamalith run --help` says more.", "run", "m", "--top-p", "0")]
    [InlineData("-t must be a whole number from 1 to 1024, but is '100000'. `llamalith run --help` says more.", "run", "m", "-t", "100000")]
    [InlineData("-t must be a whole number from 1 to 1024, but is '2000'. `llamalith quantize --help` says more.", "quantize", "m", "o",
        "q8_0", "-t", "2000")]
    [InlineData("FILE names a file or a folder, but is empty. `llamalith inspect --help` says more.", "inspect", "")]
    [InlineData("FILE names a file or a folder, but is empty. `llamalith run --help` says more.", "run", "", "-p", "a")]
    [InlineData("FILE names a file or a folder, but is empty. `llamalith bench --help` says more.", "bench", "")]
    [InlineData("OUT names a file or a folder, but is empty. `llamalith quantize --help` says more.", "quantize", "m", "", "q8_0")]
    [InlineData("--output names a file or a folder, but is empty. `llamalith init --help` says more.", "init", "m", "-o", "")]
    [InlineData("--output names a file or a folder, but is empty. `llamalith pack --help` says more.", "pack", "m", "-o", "")]
    [InlineData("--file names a file or a folder, but is empty. `llamalith perplexity --help` says more.", "perplexity", "m", "-f", "")]
    [InlineData("--tokenizer names a file or a folder, but is empty. `llamalith tokenize --help` says more.", "tokenize", "m", "-p", "a",
        "--tokenizer", "")]
    [InlineData("DIR names a file or a folder, but is empty. `llamalith dump-source --help` says more.", "dump-source", "m", "")]
    public async Task Tool_SaysInOneLineWhatItDoesNotUnderstand(string expected, params string[] args) =>
        Assert.Equal(expected, await CommandLine.FailAsync(args));

    [Theory]
    [InlineData("inspect")]
    [InlineData("run")]
    [InlineData("bench")]
    [InlineData("tokenize", "-p", "a")]
    [InlineData("perplexity", "-f", "text")]
    [InlineData("quantize", "out.gguf", "q8_0")]
    [InlineData("init", "-o", "out")]
    [InlineData("dump-source", "out")]
    public async Task Verbs_RefuseBadFilesInOneLine(string verb, params string[] rest)
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        byte[] sound = await File.ReadAllBytesAsync(gguf, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["truncated.gguf"], sound[..(sound.Length / 2)], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["text.gguf"], "This is no model.", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["empty.gguf"], "", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_folder["folder"]);
        foreach (string name in (string[])["missing.gguf", "truncated.gguf", "text.gguf", "empty.gguf", "folder"])
        {
            string[] args =
                Array.ConvertAll(rest, word => word.StartsWith('-') || word.Length < 3 || word == "q8_0" ? word : _folder[word]);
            if (verb == "perplexity")
                await File.WriteAllTextAsync(_folder["text"], "abc", TestContext.Current.CancellationToken);
            Assert.Contains(_folder[name], await CommandLine.FailAsync([verb, _folder[name], .. args]), StringComparison.Ordinal);
            Assert.False(Path.Exists(_folder["out"]) || Path.Exists(_folder["out.gguf"]));
        }
    }

    [Fact]
    public async Task Tool_EndsWith130WhenInterrupted()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        using CancellationTokenSource interrupt = new();
        await interrupt.CancelAsync();
        StringWriter output = new(), error = new();
        Assert.Equal(
            130, await Tool.RunAsync(["quantize", gguf, _folder["out.gguf"], "q8_0"], output, error, CommandLine.Engines, interrupt.Token));
        Assert.Equal("", error.ToString());
        Assert.False(File.Exists(_folder["out.gguf"]));
    }
}
