using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Chat;
using Llamalith.Contracts;
using Llamalith.Extensions.AI;
using Llamalith.Sampling;
using Llamalith.Stories;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Llamalith.Chat;

/// <summary>
/// A conversation on a terminal with the small model that is compiled into samples/Stories, or with another file of that model.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        try
        {
            Checkpoint weights =
                args.Length > 0 ? Checkpoint.Open(args[0]) : Checkpoint.OpenEmbedded(typeof(Fable).Assembly, Fable.WeightsName);
            LlamaChatClientOptions options = new() { Sampling = new SamplingOptions { Temperature = 0.7f, MinP = 0.05f } };
            using IChatClient client = LlamaChatClient.Open<Fable>(weights, options);
            IAnsiConsole notices = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
            bool isTerminal = !Console.IsOutputRedirected && !Console.IsInputRedirected;
            return await new ChatTerminal(client, new ChatOptions(), Console.In, Console.Out, notices, isTerminal)
                .RunAsync(CancellationToken.None);
        }
        catch (ModelMismatchException e)
        {
            return Fail($"{e.Message} `llamalith chat FILE` compiles an engine for any model.");
        }
        catch (Exception e) when (e is ModelFormatException or IOException or UnauthorizedAccessException)
        {
            return Fail(e.Message);
        }
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"error: {message}");
        return 1;
    }
}
