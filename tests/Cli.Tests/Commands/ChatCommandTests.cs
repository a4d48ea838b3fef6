using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Chat;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Llamalith.Tests.Commands;

public sealed class ChatCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Chat_AnswersLineByLineAndEndsWithItsInput()
    {
        string file = TinyModels.WriteGguf(_folder["m.gguf"]);
        (int code, string output, string error) = await ToolProcess.RunAsync(
            "abc\nabc\n/undo\n/exit\nabc"u8.ToArray(), "chat", file, "-n", "4", "-t", "1", "--temp", "0", "--system", "b");
        Assert.True(code == 0, error);
        Assert.Equal(2, output.Split('\n').Length - 1);
        Assert.Contains("4 tokens", error, StringComparison.Ordinal);
        Assert.Contains("2 messages are left.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_ChangeWhatIsSaid()
    {
        Echo echo = new();
        string saved = _folder["talk.json"];
        (ChatTerminal terminal, string output, string notices) = await TalkAsync(
            echo, "/system Be kind.", "one", "two", "/undo", "three", $"/save {saved}", "/reset", "four", $"/load {saved}", "five",
            "/load /none",
            "/what", "/undo", "/undo", "/undo", "/undo", "/exit", "six");
        Assert.Equal(
            [
                "system: Be kind.|user: one", "system: Be kind.|user: one|assistant: said 1|user: two",
                "system: Be kind.|user: one|assistant: said 1|user: three", "system: Be kind.|user: four",
                "system: Be kind.|user: one|assistant: said 1|user: three|assistant: said 3|user: five",
            ],
            echo.Asked);
        Assert.Equal("said 1\nsaid 2\nsaid 3\nsaid 4\nsaid 5\n", output);
        Assert.Equal(0, terminal.Talk.Count);
        Assert.Contains("4 messages to ", notices, StringComparison.Ordinal);
        Assert.Contains("There is nothing to take back.", notices, StringComparison.Ordinal);
        Assert.Contains("/save FILE", notices, StringComparison.Ordinal);

        File.WriteAllText(saved, """[{"role": 1}]""");
        (_, _, notices) = await TalkAsync(echo, $"/load {saved}");
        Assert.Contains("holds no list of messages", notices, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupt_EndsTheAnswerAndNotTheTalk()
    {
        Echo echo = new() { InterruptsFirst = true };
        (ChatTerminal terminal, string output, _) = await TalkAsync(echo, "one", "two");
        Assert.Equal("said\nsaid 2\n", output);
        Assert.Equal(4, terminal.Talk.Count);
        Assert.False(terminal.Interrupt());
    }

    private static async Task<(ChatTerminal Terminal, string Output, string Notices)> TalkAsync(Echo client, params string[] lines)
    {
        StringWriter output = new(), notices = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(notices) });
        console.Profile.Width = 1000;
        using StringReader input = new(string.Join('\n', lines));
        ChatTerminal terminal = new(client, new ChatOptions(), input, output, console, isTerminal: false);
        client.OnHalf = () => terminal.Interrupt();
        Assert.Equal(0, await terminal.RunAsync(TestContext.Current.CancellationToken));
        return (terminal, output.ToString(), notices.ToString());
    }

    /// <summary>Remembers what it was asked, and counts.</summary>
    private sealed class Echo : IChatClient
    {
        public List<string> Asked { get; } = [];

        public bool InterruptsFirst { get; init; }

        public Action? OnHalf { get; set; }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Asked.Add(string.Join('|', messages.Select(static message => $"{message.Role}: {message.Text}")));
            yield return new ChatResponseUpdate(ChatRole.Assistant, "said");
            await Task.Yield();
            if (InterruptsFirst && Asked.Count == 1)
                OnHalf!();
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ChatResponseUpdate(ChatRole.Assistant, $" {Asked.Count}");
        }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
