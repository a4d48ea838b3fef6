using System;
using System.Globalization;
using System.Text.RegularExpressions;
using Llamalith.Tests.Readers;

namespace Llamalith.Tests.Stories;

public sealed partial class StoriesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Model => _folder.Write("model.bin", MadeModel.Checkpoint());

    private string Tokenizer => _folder.Write("tokenizer.bin", MadeModel.Tokenizer());

    private static StoriesRun Published(params string[] arguments) => StoriesProgram.Run(
        ["--model", SharedData.PathOrSkip("stories260K.bin"), "--tokenizer", SharedData.PathOrSkip("tok512.bin"), "--temperature", "0",
            .. arguments]);

    [Fact]
    public void Story_WithoutAPromptIsTheKnownOne()
    {
        StoriesRun run = Published("--tokens", "256", "--threads", "1");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("Once upon a time, there was a little girl named Lily. She loved to play outside in the park.", run.Output,
            StringComparison.Ordinal);
        Assert.EndsWith("We can help you.\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Story_ContinuesThePrompt()
    {
        StoriesRun run = Published("--prompt", "One day", "--tokens", "12");
        Assert.Equal("One day, a little girl named Lily went to the\n", run.Output);
    }

    [Fact]
    public void Story_IsTheSameForAnyNumberOfThreads()
    {
        string one = Published("--tokens", "100", "--threads", "1").Output;
        Assert.Equal(one, Published("--tokens", "100", "--threads", "3").Output);
    }

    [Fact]
    public void Story_EndsWithTheContext()
    {
        StoriesRun run = Published("--tokens", "100000");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("Once upon a time", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void LastLineOfStandardError_IsForScripts()
    {
        StoriesRun run = StoriesProgram.Run(
            "--model", Model, "--tokenizer", Tokenizer, "--prompt", " w300 w301", "--tokens", "20", "--seed", "3", "--threads", "2");
        Assert.Equal(0, run.ExitCode);
        Match line = Figures().Match(Assert.Single(run.ErrorLines));
        Assert.True(line.Success, run.Error);
        Assert.True(double.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture) > 0);
        Assert.True(double.Parse(line.Groups[3].Value, CultureInfo.InvariantCulture) > 0);
        Assert.Equal("2", line.Groups[5].Value);
    }

    [Fact]
    public void Story_WithASeedIsToldAgain()
    {
        _ = Tokenizer;
        string model = Model;
        string[] arguments = ["--model", model, "--prompt", "é🙂", "--tokens", "60", "--temperature", "1.2", "--top-p", "0.95", "--top-k",
            "200", "--min-p", "0.001"];
        // The tokenizer is found beside the model. Bytes that are no text come out of random weights; the output is UTF-8 all the same.
        StoriesRun first = StoriesProgram.Run([.. arguments, "--seed", "7"]);
        Assert.Equal(0, first.ExitCode);
        Assert.StartsWith("é🙂", first.Output, StringComparison.Ordinal);
        Assert.Equal(first.Output, StoriesProgram.Run([.. arguments, "--seed", "7"]).Output);
        Assert.NotEqual(first.Output, StoriesProgram.Run([.. arguments, "--seed", "8"]).Output);
        Assert.DoesNotContain(first.Output, c => char.IsControl(c) && !char.IsWhiteSpace(c));
    }

    [Fact]
    public void Help_NamesEveryOption()
    {
        StoriesRun run = StoriesProgram.Run("--help");
        Assert.Equal(0, run.ExitCode);
        foreach (string option in (string[])["--model", "--tokenizer", "--prompt", "--tokens", "--threads", "--temperature", "--top-p",
            "--top-k", "--min-p", "--seed", "--system", "<wish>"])
        {
            Assert.Contains(option, run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void BadFiles_AreOneClearLine()
    {
        string model = Model, tokenizer = Tokenizer;
        Fails("missing.bin", "--model", _folder["missing.bin"], "--tokenizer", tokenizer);
        Fails("missing.bin", "--model", model, "--tokenizer", _folder["missing.bin"]);
        Fails("short.bin", "--model", _folder.Write("short.bin", MadeModel.Checkpoint().AsSpan(0, 5000)), "--tokenizer", tokenizer);
        Fails("cut.bin", "--model", model, "--tokenizer", _folder.Write("cut.bin", MadeModel.Tokenizer().AsSpan(0, 5000)));
        Fails("KvHeads = 4, but n_kv_heads = 8", "--model", _folder.Write("other.bin", MadeModel.Checkpoint(kvHeads: 8)), "--tokenizer",
            tokenizer);
        Fails("600 tokens, but the model has VocabSize = 512", "--model", model, "--tokenizer",
            _folder.Write("large.bin", MadeModel.Tokenizer(600)));
        Fails("but the model's context has room for 512", "--model", model, "--tokenizer", tokenizer, "--prompt", new string('x', 600));
    }

    [Fact]
    public void BadArguments_AreOneClearLine()
    {
        string model = Model, tokenizer = Tokenizer;
        Fails("'--model'", "--model");
        Fails("--colour", "--model", model, "--tokenizer", tokenizer, "--colour", "red");
        Fails("'hot'", "--model", model, "--tokenizer", tokenizer, "--temperature", "hot");
        Fails("Temperature must be 0 or more", "--model", model, "--tokenizer", tokenizer, "--temperature", "-1");
        Fails("It was 1.5", "--model", model, "--tokenizer", tokenizer, "--top-p", "1.5");
        Fails("--tokens must be 0 or more", "--model", model, "--tokenizer", tokenizer, "--tokens", "-3");
        Fails("--threads must be 1 or more", "--model", model, "--tokenizer", tokenizer, "--threads", "0");
        Fails("both at once make no sense", "Tell a story.", "--prompt", "Once");
        Fails("Dim = 128 answer wishes", "Tell a story.", "--model", model, "--tokenizer", tokenizer);
    }

    private static void Fails(string message, params string[] arguments)
    {
        StoriesRun run = StoriesProgram.Run(arguments);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("", run.Output);
        string line = Assert.Single(run.ErrorLines);
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.Contains(message, line, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^prompt_tok_s=(\d+\.\d) decode_tok_s=(\d+\.\d) ttft_ms=(\d+\.\d{3}) isa=(avx512|avx2|neon|scalar) threads=(\d+)$")]
    private static partial Regex Figures();
}
