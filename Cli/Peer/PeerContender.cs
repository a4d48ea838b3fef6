using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Commands;

namespace Llamalith.Cli.Peer;

/// <summary>
/// llama.cpp, with a process of its own for every turn: how fast one is depends on where its memory happens to lie, and within the other
/// side's process it would be slowed by it.
/// </summary>
/// <param name="task">A turn.</param>
/// <param name="detail">How it runs.</param>
/// <param name="log">Takes llama.cpp's log; null for nobody.</param>
internal sealed class PeerContender(PeerTask task, string detail, Action<string>? log) : IContender
{
    private readonly List<PeerAnswer> _answers = [];

    /// <inheritdoc/>
    public string Name => PeerEngine.EngineName;

    /// <summary>Has a new process do something.</summary>
    /// <exception cref="CliException">It could not.</exception>
    public static PeerAnswer Ask(PeerTask task, Action<string>? log, CancellationToken cancellation)
    {
        // The tool again, by the runtime that runs this one.
        string runtime =
            Path.GetFullPath(Path.Combine(
                RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        ChildProcess child = ChildProcess.Run(
            File.Exists(runtime) ? runtime : "dotnet",
            ["exec", typeof(Tool).Assembly.Location, PeerWorkerCommand.Name],
            JsonSerializer.Serialize(task, PeerJson.Default.PeerTask),
            log,
            cancellation);
        try
        {
            return JsonSerializer.Deserialize(child.Output, PeerJson.Default.PeerAnswer) ?? throw new JsonException("There is nothing.");
        }
        catch (JsonException e)
        {
            throw new CliException($"The process that runs llama.cpp gave no answer that can be read: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void TakeTurn(CancellationToken cancellation) => _answers.Add(Ask(task, log, cancellation));

    /// <inheritdoc/>
    public EngineRun ToRun() => new()
    {
        Name = Name,
        Detail = detail,
        PromptRates = [.. _answers.Select(answer => answer.PromptRate).OfType<double>()],
        DecodeRates = [.. _answers.Select(answer => answer.DecodeRate).OfType<double>()],
        LoadMilliseconds = Statistics.Median([.. _answers.Select(answer => answer.LoadMilliseconds)]),
        ResidentBytes = (long)Statistics.Median([.. _answers.Select(answer => (double)answer.ResidentBytes)]),
        IsFreshEachRound = true,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        // Every process has ended with its turn.
    }
}
