using System;
using System.IO;
using System.Threading.Tasks;

namespace Llamalith.Tests.Commands;

public sealed class TemplateCommandTests : IDisposable
{
    private const string Source =
        "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}\n{% endfor %}"
        + "{% if add_generation_prompt %}[assistant]{% endif %}{{ mode }}{{ strftime_now('%H:%M') }}";

    private readonly TemporaryFolder _folder = new();
    private readonly string _template;
    private readonly string _messages;

    public TemplateCommandTests()
    {
        File.WriteAllText(_template = _folder["x.jinja"], Source);
        File.WriteAllText(_messages = _folder["m.json"], """[{"role": "user", "content": "grüße <s>"}]""");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Template_WritesExactlyTheText()
    {
        string text = await SucceedAsync(_template, "--set", "mode=\"M\"", "--now", "2026-01-15T12:34:56");
        Assert.Equal("<s>[user]grüße <s>\n[assistant]M12:34", text);
        text = await SucceedAsync(_template, "--no-generation-prompt", "--set", "bos_token=\"^\"", "--now", "2026-01-15");
        Assert.Equal("^[user]grüße <s>\n00:00", text);
    }

    [Fact]
    public async Task Template_ComesFromAFoldersConfig()
    {
        string folder = Directory.CreateDirectory(_folder["model"]).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "tokenizer_config.json"),
            """
            {
                "bos_token": {"content": "<B>"},
                "chat_template": [
                    {"name": "default", "template": "{{ bos_token }}d"},
                    {"name": "tool_use", "template": "{{ tools[0].name }}"}
                ]
            }
            """,
            TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["t.json"], """[{"name": "get"}]""", TestContext.Current.CancellationToken);
        Assert.Equal("<B>d", await SucceedAsync(folder));
        Assert.Equal("get", await SucceedAsync(folder, "--tools", _folder["t.json"]));
        Assert.Equal("<B>d", await SucceedAsync(folder, "--tools", _folder["t.json"], "--template", "default"));
        Assert.Contains(
            "no chat template called x, only default, tool_use", await FailAsync(folder, "--template", "x"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Template_OfAModelWithoutOneIsLlama2s()
    {
        string model = TinyModels.WriteGguf(_folder["m.gguf"]);
        (int code, string text, string notice) = await CommandLine.RunAsync("template", model, "-m", _messages);
        Assert.Equal(0, code);
        Assert.Equal("<s>[INST] grüße <s> [/INST]", text);
        Assert.Contains("brings no chat template", notice, StringComparison.Ordinal);

        // What the user wrote is no token.
        string[] ids = (await SucceedAsync(model, "--ids")).TrimEnd().Split(' ');
        Assert.Equal("1", ids[0]);
        Assert.DoesNotContain("1", ids[1..]);
    }

    [Fact]
    public async Task Template_SaysWhatIsWrong()
    {
        string bad = _folder["bad.jinja"];
        await File.WriteAllTextAsync(bad, "\n{{ messages.a.b }}", TestContext.Current.CancellationToken);
        Assert.Equal($"{bad}: line 2: 'list object' has no attribute 'a' (undefined)", await FailAsync(bad));
        await File.WriteAllTextAsync(bad, "{{ raise_exception('No.') }}", TestContext.Current.CancellationToken);
        Assert.Equal($"{bad}: line 1: No. (raise_exception)", await FailAsync(bad));
        await File.WriteAllTextAsync(bad, "{% for %}", TestContext.Current.CancellationToken);
        Assert.EndsWith("(syntax)", await FailAsync(bad), StringComparison.Ordinal);
        Assert.Contains("--set takes NAME=JSON", await FailAsync(_template, "--set", "x"), StringComparison.Ordinal);
        Assert.Contains("is no JSON", await FailAsync(_template, "--set", "x=y"), StringComparison.Ordinal);
        Assert.Contains("--now must be a time", await FailAsync(_template, "--now", "noon"), StringComparison.Ordinal);
        Assert.Contains("--ids needs --tokenizer", await FailAsync(_template, "--ids"), StringComparison.Ordinal);
        Assert.Contains(_folder["none"], await FailAsync(_folder["none"]), StringComparison.Ordinal);
    }

    private Task<string> SucceedAsync(string template, params string[] more) =>
        CommandLine.SucceedAsync(["template", template, "--messages", _messages, .. more]);

    private Task<string> FailAsync(string template, params string[] more) =>
        CommandLine.FailAsync(["template", template, "-m", _messages, .. more]);
}
