using System;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Chat;
using Llamalith.Cli.Chat;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Cli.Texts;
using Llamalith.Extensions.AI;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith chat`: a conversation with a model.</summary>
internal static class ChatCommand
{
    /// <summary>The verb.</summary>
    /// <param name="engines">Where engines come from.</param>
    public static Command Create(EngineBuilder engines)
    {
        ModelOptions model = new();
        Option<string?> system = new("--system", "-s") { HelpName = "text", Description = "How answers are to be." };
        Option<string?> template = new Option<string?>("--template")
        {
            HelpName = "file",
            Description = "The chat template (NAME.jinja). Default: the model's own.",
        }.RejectEmpty();
        Option<int> tokens =
            CountOption.Create("--tokens", "-n", 0, 0, "Most tokens of an answer; 0: until the model ends it or the context is full.");
        SamplingChoices choices = new();
        Command command = new InteractiveCommand(
            "chat", "Compile a model (once) and talk with it: a line is a message, /help tells of commands, Ctrl+C ends an answer.")
        {
            model.File,
        };
        foreach (Option option in (Option[])[system, template, tokens, .. choices.All, .. model.All, model.Lora])
            command.Options.Add(option);
        command.SetAction((result, cancellation) =>
        {
            ModelRequest request = model.Read(result);
            LlamaChatClientOptions options = new()
            {
                ModelId = Path.GetFileNameWithoutExtension(request.Path),
                Sampling = choices.Read(result),
                ChatTemplate = result.GetValue(template) is { } path ? TextFile.Read(path) : null,
                MaxOutputTokens = result.GetValue(tokens) is > 0 and int most ? most : null,
            };
            return TalkAsync(engines, request, options, result.GetValue(system), result.InvocationConfiguration, cancellation);
        });
        return command;
    }

    private static async Task<int> TalkAsync(
        EngineBuilder engines, ModelRequest request, LlamaChatClientOptions options, string? system, InvocationConfiguration console,
        CancellationToken cancellation)
    {
        using RunningModel running = RunningModel.Open(request, engines, ProgressBars.On(console.Error), cancellation);
        using LlamaChatClient client = Client(request, running, options);
        IAnsiConsole notices = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(console.Error) });
        bool isTerminal = console.Output == Console.Out && !Console.IsOutputRedirected && !Console.IsInputRedirected;
        ChatTerminal terminal = new(client, new ChatOptions(), Console.In, console.Output, notices, isTerminal);
        terminal.Talk.System = system;
        return await terminal.RunAsync(cancellation).ConfigureAwait(false);
    }

    private static LlamaChatClient Client(ModelRequest request, RunningModel running, LlamaChatClientOptions options)
    {
        try
        {
            ChatTemplateSet? own = options.ChatTemplate is null ? Templates(request.Path) : null;
            return new LlamaChatClient(running.Model, running.Tokenizer, own, options);
        }
        catch (ChatTemplateException e)
        {
            throw new CliException($"{request.Path}: {e.Message}", e);
        }
        catch (Contracts.ModelFormatException e) when (options.ChatTemplate is null)
        {
            throw new CliException($"{request.Path}: {e.Message.Split(':')[0]}: --template FILE.jinja gives one.", e);
        }
    }

    // A llama2.c file and a folder without a tokenizer_config.json bring none.
    private static ChatTemplateSet? Templates(string path)
    {
        try
        {
            string extension = Path.GetExtension(path).ToLowerInvariant();
            return Directory.Exists(path) || extension is ".gguf" or ".llith" or ".safetensors" ? ChatTemplateSet.Open(path) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
