using System.CommandLine;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.Cli.Peer;
using Llamalith.Cli.Texts;

namespace Llamalith.Cli.Commands;

/// <summary>
/// What the tool is started with again to run llama.cpp in a process of its own: a task in JSON from standard input, its answer on standard
/// output.
/// </summary>
internal static class PeerWorkerCommand
{
    /// <summary>The verb's name.</summary>
    public const string Name = "peer-worker";

    public static Command Create()
    {
        Command command = new(Name, "Run llama.cpp for `bench --peer`.") { Hidden = true };
        command.SetAction((result, cancellation) => Task.Run(
            () =>
            {
                PeerTask task = Read(TextFile.Read(TextFile.StandardInput));
                result.InvocationConfiguration.Output.WriteLine(
                    JsonSerializer.Serialize(PeerWorker.Run(task, cancellation), PeerJson.Default.PeerAnswer));
                return 0;
            },
            cancellation));
        return command;
    }

    private static PeerTask Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, PeerJson.Default.PeerTask) ?? throw new JsonException("There is nothing.");
        }
        catch (JsonException e)
        {
            throw new CliException($"{Name} is for the tool itself, which writes a task to its standard input: {e.Message}", e);
        }
    }
}
