using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Peer;
using Spectre.Console;

namespace Llamalith.Cli.Commands;

/// <summary>What `bench` was asked for.</summary>
internal sealed record BenchRequest
{
    /// <summary>The model file.</summary>
    public required string Path { get; init; }

    /// <summary>Numbers of threads, each measured in turn.</summary>
    public required IReadOnlyList<int> Threads { get; init; }

    /// <summary>What is measured.</summary>
    public required BenchPlan Plan { get; init; }

    /// <summary>Element type of both engines' KV caches.</summary>
    public required BenchCache Cache { get; init; }

    /// <summary>Whether llama.cpp is measured beside.</summary>
    public required bool Peer { get; init; }

    /// <summary>llama.cpp's flash attention; null for the faster of on and off.</summary>
    public required bool? PeerFlashAttention { get; init; }

    /// <summary>Whether the output is JSON.</summary>
    public required bool Json { get; init; }

    /// <summary>Whether llama.cpp logs to standard error.</summary>
    public required bool Verbose { get; init; }
}

/// <summary>Element types of the KV cache that can be measured.</summary>
internal enum BenchCache
{
    F32,
    F16,
    Int8,
}

/// <summary>A model as `bench` needs it.</summary>
/// <param name="Work">What it makes the machine do.</param>
/// <param name="Engine">The engine compiled for it.</param>
internal sealed record BenchSubject(ModelWork Work, EngineSource Engine);

/// <summary>`llamalith bench`: measures a model's engine, alone or beside llama.cpp.</summary>
internal static class BenchCommand
{
    private const int MostThreads = 1024;

    /// <summary>The verb.</summary>
    /// <param name="open">Opens the model file and has an engine compiled for it.</param>
    public static Command Create(Func<BenchRequest, CancellationToken, Task<BenchSubject>> open)
    {
        Argument<string> file = new("FILE") { Description = "The model." };
        Option<int> prompt = CountOption.Create("--prompt", "-p", 512, 0, "Tokens of the prompt; 0 for none.");
        Option<int> generated = CountOption.Create("--tokens", "-n", 128, 0, "Tokens to decode one by one; 0 for none.");
        Option<int> depth = CountOption.Create("--depth", "-d", 0, 0, "Tokens in the cache before either.");
        Option<int> repetitions = CountOption.Create("--repetitions", "-r", 5, 1, "Rounds to take the medians of.");
        Option<int[]> threads = new("--threads", "-t")
        {
            Description = "Numbers of threads, as in 1,2,4.",
            CustomParser = ParseThreads,
            DefaultValueFactory = _ => [Environment.ProcessorCount],
        };
        Option<string> output = new Option<string>("--output", "-o") { Description = "table or json.", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json");
        Option<string> cache = new("--kv") { Description = "Element type of the KV caches: f32, f16 or int8 (q8_0 in llama.cpp).", DefaultValueFactory = _ => "f16" };
        cache.AcceptOnlyFromAmong("f32", "f16", "int8");
        Option<bool> peer = new("--peer") { Description = "Measure llama.cpp beside, installing it with npm if need be, and compare logits." };
        Option<string> attention = new("--peer-attention") { Description = "llama.cpp's flash attention: on, off, or auto for the faster.", DefaultValueFactory = _ => "auto" };
        attention.AcceptOnlyFromAmong("auto", "on", "off");
        Option<bool> verbose = new("--verbose") { Description = "Let llama.cpp log to standard error." };

        Command command = new("bench", "Measure a model: prompt and decode speed, load time, memory; beside llama.cpp with --peer.")
        {
            file, prompt, generated, depth, repetitions, threads, output, cache, peer, attention, verbose,
        };
        command.SetAction((result, cancellation) => RunAsync(
            new BenchRequest
            {
                Path = result.GetRequiredValue(file),
                Threads = result.GetRequiredValue(threads),
                Plan = new BenchPlan
                {
                    PromptTokens = result.GetValue(prompt),
                    GeneratedTokens = result.GetValue(generated),
                    Depth = result.GetValue(depth),
                    Repetitions = result.GetValue(repetitions),
                },
                Cache = Enum.Parse<BenchCache>(result.GetRequiredValue(cache), ignoreCase: true),
                Peer = result.GetValue(peer),
                PeerFlashAttention = result.GetValue(attention) switch { "on" => true, "off" => false, _ => null },
                Json = result.GetValue(output) == "json",
                Verbose = result.GetValue(verbose),
            },
            open,
            result.InvocationConfiguration,
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        BenchRequest request, Func<BenchRequest, CancellationToken, Task<BenchSubject>> open, InvocationConfiguration console, CancellationToken cancellation)
    {
        LlamaCppLog.Verbose = request.Verbose;
        if (request.Plan is { PromptTokens: 0, GeneratedTokens: 0 })
            throw new CliException("There is nothing to measure: both -p and -n are 0.");
        if (!File.Exists(request.Path) && !Directory.Exists(request.Path))
            throw new CliException($"{request.Path}: there is no such model.");

        // The peer is fetched first: whoever asks for it should not wait for a measurement to learn that it is not to be had.
        PeerLibraries? libraries = request.Peer
            ? await new PeerInstaller(PeerPackage.Current, PeerEnvironment.Current).FindOrInstallAsync(console.Error.WriteLine, cancellation)
            : null;
        BenchSubject subject = await open(request, cancellation);
        List<EngineSource> sources = [subject.Engine];
        if (libraries is not null)
            sources.Add(PeerSource.Create(libraries, request.Path, PeerCache(request.Cache), request.PeerFlashAttention));

        Action<string>? progress = Console.IsErrorRedirected ? null : console.Error.WriteLine;
        BenchRunner runner = new(request.Plan, subject.Work, progress);
        BenchReport report = new(request.Plan, subject.Work, [.. request.Threads.Select(t => runner.Run(t, sources, cancellation))]);
        Show(report, request.Json, console);
        return 0;
    }

    private static void Show(BenchReport report, bool json, InvocationConfiguration console)
    {
        if (json)
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

    private static PeerCacheFormat PeerCache(BenchCache cache) => cache switch
    {
        BenchCache.F32 => PeerCacheFormat.F32,
        BenchCache.F16 => PeerCacheFormat.F16,
        BenchCache.Int8 => PeerCacheFormat.Q8_0,
        _ => throw new ArgumentOutOfRangeException(nameof(cache), cache, "Not an element type of a cache."),
    };

    private static int[] ParseThreads(ArgumentResult result)
    {
        List<int> counts = [];
        foreach (string part in result.Tokens.SelectMany(t => t.Value.Split(',')))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count is < 1 or > MostThreads)
            {
                result.AddError($"-t wants numbers of threads from 1 to {MostThreads}, as in 1,2,4, but has '{part}'.");
                return [];
            }

            if (!counts.Contains(count))
                counts.Add(count);
        }

        return [.. counts];
    }
}
