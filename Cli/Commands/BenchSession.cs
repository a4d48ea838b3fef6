using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Checkpoints;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Benchmarking.Measurements;
using Llamalith.Cli.Peer;
using Llamalith.Contracts;
using Spectre.Console;

namespace Llamalith.Cli.Commands;

/// <summary>What measuring verbs do once they know which engines to measure.</summary>
internal static class BenchSession
{
    /// <summary>Refuses what no engine could measure, before anything is fetched or compiled.</summary>
    /// <exception cref="CliException">There is no such model, or nothing to measure.</exception>
    public static void Check(BenchRequest request)
    {
        if (request.Plan is { PromptTokens: 0, GeneratedTokens: 0 })
            throw new CliException("There is nothing to measure: both -p and -n are 0.");
        if (request.Plan is { GeneratedTokens: 0, Rows.Count: > 0 })
            throw new CliException("--rows decodes as many tokens as -n says, and -n is 0.");
        if (!File.Exists(request.Path) && !Directory.Exists(request.Path))
            throw new CliException($"{request.Path}: there is no such model.");
    }

    /// <summary>llama.cpp for the requested model, installed first where need be.</summary>
    /// <exception cref="CliException">The model is of a format that llama.cpp does not read, or llama.cpp is not to be had.</exception>
    public static async Task<IContenderSource> PeerAsync(BenchRequest request, TextWriter notices, CancellationToken cancellation)
    {
        using (Checkpoint checkpoint = Checkpoint.Open(request.Path))
        {
            if (checkpoint is not GgufCheckpoint)
            {
                throw new CliException(
                    $"llama.cpp reads GGUF files only, and {request.Path} is none: `llamalith quantize` makes one of any model.");
            }
        }

        PeerLibraries libraries =
            await new PeerInstaller(PeerPackage.Current, PeerEnvironment.Current).FindOrInstallAsync(notices.WriteLine, cancellation);
        return new PeerSource(
            new PeerTask
            {
                Folder = libraries.Folder,
                Path = Path.GetFullPath(request.Path),
                Plan = request.Plan,
                Threads = 0,
                Cache = CacheOf(request),
                FlashAttention = request.PeerFlashAttention,
                Verbose = request.Verbose,
            },
            request.Verbose ? notices.WriteLine : null);
    }

    /// <summary>
    /// Programs with llama-bench's options and JSON, as the command line names them. Two of one name are told apart by their numbers.
    /// </summary>
    public static IEnumerable<IContenderSource> Commands(BenchRequest request, TextWriter notices)
    {
        List<string> names = [];
        foreach (string command in request.PeerCommands)
        {
            LlamaBench peer =
                new(command, request.Path, CacheOf(request), request.PeerFlashAttention, request.Verbose ? notices.WriteLine : null);
            names.Add(peer.Name);
            int number = names.Count(name => name == peer.Name);
            yield return number == 1 ? peer : peer.Named(string.Create(CultureInfo.InvariantCulture, $"{peer.Name} {number}"));
        }
    }

    private static PeerCacheFormat CacheOf(BenchRequest request) => request.Cache switch
    {
        KvFormat.F32 => PeerCacheFormat.F32,
        KvFormat.F16 => PeerCacheFormat.F16,
        KvFormat.Int8 => PeerCacheFormat.Q8_0,
        _ => throw new ArgumentOutOfRangeException(nameof(request), request.Cache, "Not an element type of a cache."),
    };

    /// <summary>Measures and shows the result.</summary>
    public static void Run(
        BenchRequest request, IReadOnlyList<IContenderSource> sources, InvocationConfiguration console, CancellationToken cancellation)
    {
        ModelWork work;
        using (Checkpoint checkpoint = Checkpoint.Open(request.Path))
            work = ModelWork.From(
                checkpoint, Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Path))));

        Action<string>? progress = Console.IsErrorRedirected ? null : console.Error.WriteLine;
        BenchRunner runner = new(request.Plan, work, progress);
        BenchReport report = new(request.Plan, work, [.. request.Threads.Select(t => runner.Run(t, sources, cancellation))]);
        if (request.SavePath is { } path)
            Measurement.Of(report, request.Command).Write(path);
        if (request.Json)
        {
            // What the objects do not carry must not be lost: whether the answers agree, above all.
            BenchJson.Write(console.Output, report);
            foreach (string note in report.Notes())
                console.Error.WriteLine(note);
        }
        else if (Console.IsOutputRedirected || console.Output != Console.Out)
        {
            BenchTable.Write(console.Output, report);
        }
        else
        {
            BenchTable.Draw(AnsiConsole.Console, report);
        }
    }
}
