using System;
using System.IO;
using System.Threading.Tasks;

namespace Llamalith.Tests.Output;

/// <summary>Standard streams that are full, closed or gone: work is done all the same, and the exit code says how it went.</summary>
public sealed class StandardStreamsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public StandardStreamsTests() => _model = TinyModels.WriteGguf(_folder["m.gguf"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    [InlineData("<&- 2>&-")]
    public async Task Run_NeedsNoStandardError(string redirections)
    {
        string[] args = ["run", _model, "-p", "abc", "-n", "8", "-t", "1", "--seed", "7"];
        (int code, string output, string error) = await ToolProcess.RunInShellAsync("", args);
        Assert.Equal(0, code);
        Assert.StartsWith("prompt_tok_s=", error, StringComparison.Ordinal);
        Assert.Equal((0, output, ""), await ToolProcess.RunInShellAsync(redirections, args));

        // An error is one without a word, too.
        Assert.Equal((1, "", ""), await ToolProcess.RunInShellAsync(redirections, "run", _folder["none"]));
        Assert.Equal((1, "", ""), await ToolProcess.RunInShellAsync(redirections, "frob"));
    }

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    [InlineData(">/dev/full")]
    [InlineData(">&-")]
    [InlineData(">&- 2>&-")]
    [InlineData("<&- >&- 2>&-")]
    [InlineData("| head -c 0")]
    public async Task AFile_IsWrittenThoughNobodyCanBeTold(string redirections)
    {
        // Without a tokenizer, which is worth a notice.
        string bare = TinyModels.WriteLlama2c(_folder["bare.bin"], _model);
        File.Delete(_folder["tokenizer.bin"]);
        (int code, _, string error) = await ToolProcess.RunInShellAsync(redirections, "quantize", bare, _folder["out.gguf"], "f32");
        Assert.True(code == 0, error);
        Assert.StartsWith($"{_folder["expected.gguf"]}: F32, ",
            await CommandLine.SucceedAsync("quantize", bare, _folder["expected.gguf"], "f32"), StringComparison.Ordinal);
        Assert.Equal(await BytesAsync("expected.gguf"), await BytesAsync("out.gguf"));

    }

    [Fact]
    public async Task Files_OfOtherVerbsAreWrittenThoughNobodyCanBeTold()
    {
        const string Nowhere = ">/dev/full 2>&-";
        TinyModels.WriteTokenizerBin(_folder["tokens.bin"], size: 32000);
        Assert.Equal(0, (await ToolProcess.RunInShellAsync(Nowhere, "pack", _model, "-o", _folder["out.llith"])).Code);
        Assert.Equal(0, (await ToolProcess.RunInShellAsync(Nowhere, "init", _model, "-o", _folder["app"])).Code);
        Assert.Equal(0, (await ToolProcess.RunInShellAsync(Nowhere, "dump-source", _model, _folder["source"])).Code);
        Assert.Equal(
            0, (await ToolProcess.RunInShellAsync(
                Nowhere, "random", "stories15m", "q4_0", _folder["random.gguf"], "--tokenizer", _folder["tokens.bin"])).Code);
        foreach (string name in (string[])["out.llith", "app/Program.cs", "source/M/Model.g.cs", "random.gguf"])
            Assert.True(File.Exists(_folder[name]), name);
    }

    [Theory]
    [InlineData(">/dev/full", "No space left on device")]
    [InlineData(">&-", "It is closed")]
    [InlineData("<&- >&-", "It is closed")]
    public async Task Results_ThatCannotBeWrittenAreAnError(string redirections, string reason)
    {
        foreach (string[] args in (string[][])[["run", _model, "-p", "abc", "-n", "8", "-t", "1"], ["inspect", _model],
            ["tokenize", _model, "-p", "abc"], ["--help"]])
        {
            Assert.Equal((1, "", $"error: Standard output cannot be written: {reason}.{Environment.NewLine}"),
                await ToolProcess.RunInShellAsync(redirections, args));
        }

        Assert.Equal(1, (await ToolProcess.RunInShellAsync(redirections + " 2>/dev/full", "inspect", _model)).Code);
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("run", "-p", "abc", "-n", "100", "-t", "1")]
    [InlineData("tokenize", "-p", "abc")]
    public async Task AReader_MayHaveEnough(string verb, params string[] options)
    {
        (int code, string output, string error) = await ToolProcess.RunInShellAsync("| head -c 1", [verb, _model, .. options]);
        Assert.True(code == 0, error);
        Assert.Equal(1, output.Length);
        Assert.DoesNotContain("error", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_EndsWhenItsReaderHasEnough()
    {
        // Slow enough for the reader to be gone long before the context is full, which would be said.
        string slow = TinyModels.WriteGguf(
            _folder["slow.gguf"], shape: TinyModels.Shape with { Dim = 1024, FfnDim = 4096, HeadDim = 256, Layers = 4, Context = 4096 });
        (int code, string output, string error) =
            await ToolProcess.RunInShellAsync("| head -c 3", "run", slow, "-p", "abc", "-n", "100000", "-t", "1", "--temp", "0");
        Assert.Equal((0, "abc"), (code, output));
        Assert.StartsWith("prompt_tok_s=", error, StringComparison.Ordinal);
    }

    private Task<byte[]> BytesAsync(string name) => File.ReadAllBytesAsync(_folder[name], TestContext.Current.CancellationToken);
}
