using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace Llamalith.Tests.Commands;

/// <summary>How verbs take texts, all in one way.</summary>
public sealed class TextOptionsTests : IDisposable
{
    private const string Text = "ae \"b\"\nc";

    private static readonly byte[] s_marked = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Text)];

    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public TextOptionsTests() => _model = TinyModels.WriteGguf(_folder["m.gguf"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tokenize")]
    [InlineData("perplexity", "-t", "1")]
    [InlineData("run", "-t", "1", "-n", "8", "--temp", "0")]
    public async Task Text_IsTheSameFromEverywhere(string verb, params string[] options)
    {
        await File.WriteAllBytesAsync(_folder["marked"], s_marked, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["escaped"], "ae \\\"b\\\"\\nc", TestContext.Current.CancellationToken);
        string expected = await CommandLine.SucceedAsync([verb, _model, "-p", Text, .. options]);
        Assert.Equal(expected, await CommandLine.SucceedAsync([verb, _model, "-p", "ae \"b\"\\nc", "-e", .. options]));
        Assert.Equal(expected, await CommandLine.SucceedAsync([verb, _model, "-f", _folder["marked"], .. options]));
        Assert.Equal(expected, await CommandLine.SucceedAsync([verb, _model, "-f", _folder["escaped"], "--escapes", .. options]));
        (int code, string output, string error) = await ToolProcess.RunAsync(s_marked, [verb, _model, "-f", "-", .. options]);
        Assert.True(code == 0, error);
        Assert.Equal(expected, output);
    }

    [Theory]
    [InlineData("tokenize")]
    [InlineData("perplexity")]
    [InlineData("run")]
    public async Task Text_ThatIsNoneIsNamed(string verb)
    {
        await File.WriteAllBytesAsync(_folder["latin"], [(byte)'a', 0xE9, (byte)'b'], TestContext.Current.CancellationToken);
        Assert.Equal($"{_folder["latin"]} is no UTF-8 text: 0xE9 at byte 1, in line 1.",
            await CommandLine.FailAsync(verb, _model, "-f", _folder["latin"]));
        Assert.Equal(
            "Both -p and -f give a text, but there can be one only.", await CommandLine.FailAsync(verb, _model, "-p", "a", "-f", "b"));
        Assert.Equal($"{_folder.Path} is a folder, not a file of text.", await CommandLine.FailAsync(verb, _model, "-f", _folder.Path));
        Assert.Contains(_folder["none"], await CommandLine.FailAsync(verb, _model, "-f", _folder["none"]), StringComparison.Ordinal);
        Assert.StartsWith(@"-e: '\q' at character 2 is no escape; they are \n, ",
            await CommandLine.FailAsync(verb, _model, "-p", @"a\q", "-e"), StringComparison.Ordinal);
        (int code, _, string error) = await ToolProcess.RunAsync([(byte)'\n', 0xFF], verb, _model, "-f", "-");
        Assert.Equal((1, $"error: Standard input is no UTF-8 text: 0xFF at byte 1, in line 2.{Environment.NewLine}"), (code, error));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal((1, "", $"error: Standard input is closed, so nothing can be read from it.{Environment.NewLine}"),
                await ToolProcess.RunInShellAsync("<&-", verb, _model, "-f", "-"));
        }
    }

    [Theory]
    [InlineData("tokenize")]
    [InlineData("perplexity")]
    public async Task Text_MustBeThereWhereItIsJudged(string verb) =>
        Assert.Equal("-p TEXT or -f FILE must give a text; -f - takes it from standard input.", await CommandLine.FailAsync(verb, _model));

    [Theory]
    [InlineData("@user hi")]
    [InlineData("@")]
    [InlineData("--special")]
    [InlineData("-n=4")]
    [InlineData("--temp: cold")]
    [InlineData("-")]
    [InlineData("--")]
    [InlineData("-p")]
    [InlineData("=")]
    [InlineData("")]
    [InlineData("[diagram]")]
    [InlineData("--help")]
    [InlineData("-n\n4")]
    public async Task Text_IsNeverAnOption(string text)
    {
        await File.WriteAllTextAsync(_folder["text"], text, TestContext.Current.CancellationToken);
        Assert.Equal(text + "\n", await CommandLine.SucceedAsync("run", _model, "-t", "1", "-p", text, "-n", "0"));
        Assert.Equal(
            await CommandLine.SucceedAsync("tokenize", _model, "-f", _folder["text"]),
            await CommandLine.SucceedAsync("tokenize", "--prompt", text, _model));
    }

    [Fact]
    public async Task AtSign_BeginsNoFileOfOptions()
    {
        await File.WriteAllTextAsync(_folder["options"], "--version", TestContext.Current.CancellationToken);
        string named = TinyModels.WriteGguf(_folder["@m.gguf"]);
        string at = "@" + _folder["options"];
        Assert.Equal(at + "\n", await CommandLine.SucceedAsync("run", named, "-t", "1", "-p", at, "-n", "0"));
        Assert.Contains(at, await CommandLine.FailAsync("inspect", at), StringComparison.Ordinal);
        Assert.Equal($"'{at}' is neither a verb nor an option here. `llamalith --help` says more.", await CommandLine.FailAsync(at));
    }
}
