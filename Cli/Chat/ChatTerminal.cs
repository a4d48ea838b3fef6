using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Chat;
using Llamalith.Contracts;
using Llamalith.Generation;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Llamalith.Cli.Chat;

/// <summary>
/// A conversation on a terminal: a line is a message, one that begins with a slash a command. Ctrl+C ends the answer that is being made,
/// and what there is of it stays.
/// </summary>
/// <param name="client">Who answers.</param>
/// <param name="options">How.</param>
/// <param name="input">Where lines are from.</param>
/// <param name="output">Where answers go.</param>
/// <param name="notices">Where all else goes.</param>
/// <param name="isTerminal">Whether somebody sits there: asks for each line, and shows no control characters.</param>
internal sealed class ChatTerminal(
    IChatClient client, ChatOptions options, TextReader input, TextWriter output, IAnsiConsole notices, bool isTerminal)
{
    private const string Help =
        "/system TEXT says how answers are to be, /system alone takes it back; /reset begins anew, /undo takes the last message back, "
            + "/save FILE and /load FILE keep conversations, /exit ends. Ctrl+C ends an answer.";

    private static readonly Style s_quiet = new(decoration: Decoration.Dim);

    private CancellationTokenSource? _answering;

    /// <summary>What was said.</summary>
    public Talk Talk { get; } = new();

    /// <summary>Talks until the input or the user ends it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt);
        if (isTerminal)
            Say(Help);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (isTerminal)
                notices.Write(new Text("> ", s_quiet));
            if (await input.ReadLineAsync(cancellation).ConfigureAwait(false) is not { } line)
                return 0;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (line[0] != '/')
                await AnswerAsync(line, cancellation).ConfigureAwait(false);
            else if (!Obey(line))
                return 0;
        }
    }

    /// <summary>Ends the answer that is being made.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Interrupt()
    {
        if (Volatile.Read(ref _answering) is not { } answering)
            return false;
        try
        {
            answering.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        return true;
    }

    private void OnInterrupt(PosixSignalContext signal) => signal.Cancel = Interrupt();

    private async Task AnswerAsync(string line, CancellationToken cancellation)
    {
        using CancellationTokenSource answering = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Talk.Add(new ChatMessage(ChatRole.User, line));
        StreamedText text = new(output, dropControls: isTerminal);
        StringBuilder said = new(), thought = new();
        GenerationUsage? timings = null;
        UsageDetails? usage = null;
        ChatFinishReason? finish = null;
        Volatile.Write(ref _answering, answering);
        try
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Talk.Messages, options, answering.Token)
                .ConfigureAwait(false))
            {
                foreach (AIContent content in update.Contents)
                {
                    switch (content)
                    {
                        case TextReasoningContent reasoning:
                            thought.Append(reasoning.Text);
                            notices.Write(new Text(Shown(reasoning.Text), s_quiet));
                            break;
                        case TextContent { Text.Length: > 0 } piece:
                            if (said.Length == 0 && thought.Length > 0)
                                notices.WriteLine();
                            said.Append(piece.Text);
                            text.Write(Encoding.UTF8.GetBytes(piece.Text));
                            break;
                        case UsageContent used:
                            usage = used.Details;
                            break;
                    }
                }
                (timings, finish) = (update.RawRepresentation as GenerationUsage? ?? timings, update.FinishReason ?? finish);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The user has heard enough.
        }
        catch (Exception e) when (e is ContextFullException or ChatTemplateException)
        {
            Say($"{e.Message} /undo and /reset make room.");
        }
        finally
        {
            Volatile.Write(ref _answering, null);
            text.Write("\n"u8);
            text.Flush();
        }
        Keep(said, thought);
        if (finish == ChatFinishReason.Length)
            Say("The answer is cut off: that was all that --tokens or the context allows.");
        if (timings is { } took && usage is not null)
            Say(Figures(took, usage));
    }

    private void Keep(StringBuilder said, StringBuilder thought)
    {
        if (said.Length + thought.Length == 0)
        {
            Talk.Undo();
            return;
        }
        ChatMessage message = new(ChatRole.Assistant, []);
        if (thought.Length > 0)
            message.Contents.Add(new TextReasoningContent(thought.ToString()));
        message.Contents.Add(new TextContent(said.ToString()));
        Talk.Add(message);
    }

    private static string Figures(GenerationUsage took, UsageDetails usage) => string.Create(
        CultureInfo.InvariantCulture,
        $"{usage.OutputTokenCount} tokens, {took.DecodeTokensPerSecond:F1} a second; "
            + $"the first after {took.TimeToFirstToken.TotalMilliseconds:F0} ms: {usage.CachedInputTokenCount} of {usage.InputTokenCount} were read before");

    /// <summary>Does what a command says.</summary>
    /// <returns>Whether the talk goes on.</returns>
    private bool Obey(string line)
    {
        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string? rest = words.Length > 1 ? words[1] : null;
        switch (words[0])
        {
            case "/exit" or "/quit":
                return false;
            case "/system":
                Talk.System = rest;
                break;
            case "/reset":
                Talk.Reset();
                break;
            case "/undo":
                Say(Talk.Undo() ? $"{Talk.Count} messages are left." : "There is nothing to take back.");
                break;
            case "/save" or "/load" when rest is not null:
                Move(words[0] == "/save", rest);
                break;
            default:
                Say(Help);
                break;
        }
        return true;
    }

    private void Move(bool saves, string path)
    {
        try
        {
            if (saves)
                Talk.Save(path);
            else
                Talk.Load(path);
            Say($"{Talk.Count} messages {(saves ? "to" : "from")} {path}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException
            or NotSupportedException)
        {
            Say(e.Message);
        }
    }

    private void Say(string line) => notices.WriteLine(Shown(line), s_quiet);

    /// <summary>A text without what would command a terminal.</summary>
    private string Shown(string text) =>
        isTerminal ? string.Concat(text.Where(static c => !char.IsControl(c) || char.IsWhiteSpace(c))) : text;
}
