using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Cli.Peer;

/// <summary>The process that runs llama.cpp: loads it, does one thing, and ends.</summary>
internal static class PeerWorker
{
    // Short turns are repeated, and their median taken: the scheduler's slices would show otherwise.
    private const int MostTurns = 3;
    private static readonly TimeSpan s_enough = TimeSpan.FromSeconds(1);

    /// <summary>Does it.</summary>
    /// <exception cref="CliException">llama.cpp refuses the file or the options.</exception>
    /// <exception cref="IOException">The file of logits cannot be written.</exception>
    public static PeerAnswer Run(PeerTask task, CancellationToken cancellation)
    {
        LlamaCppLog.Verbose = task.Verbose;
        LlamaCpp api = LlamaCpp.Open(PeerLibraries.In(task.Folder));
        PeerEngine? engine = null;
        using EngineContender contender =
            EngineContender.Load(task.Plan, () => engine = PeerEngine.Load(api, task.Path, OptionsFor(task)), cancellation);
        if (task.LogitsPath is null)
        {
            long start = Stopwatch.GetTimestamp();
            for (int turn = 0; turn == 0 || (turn < MostTurns && Stopwatch.GetElapsedTime(start) < s_enough); turn++)
                contender.TakeTurn(cancellation);
        }
        else
        {
            using FileStream file = File.Create(task.LogitsPath);
            foreach (float[] logits in contender.LogitsAlong(task.Tokens, cancellation))
                file.Write(MemoryMarshal.AsBytes(logits.AsSpan()));
        }

        EngineRun run = contender.ToRun();
        return new PeerAnswer
        {
            Detail = run.Detail,
            VocabSize = engine!.VocabSize,
            FlashAttention = engine.FlashAttention,
            LoadMilliseconds = engine.LoadMilliseconds,
            ResidentBytes = run.ResidentBytes ?? 0,
            PromptRate = run.PromptRate,
            DecodeRate = run.DecodeRate,
        };
    }

    private static PeerOptions OptionsFor(PeerTask task) => new()
    {
        Threads = task.Threads,
        Context = task.Plan.Positions,
        Cache = task.Cache,
        FlashAttention = task.FlashAttention,
        Trial = TrialFor(task.Plan),
    };

    /// <summary>
    /// The plan in small: enough to tell flash attention on from off, at no more than about the cost of one repetition. Attention's
    /// share grows with the depth in the same way for both, so a quarter of the longest context tells which is faster there.
    /// </summary>
    internal static PeerTrial TrialFor(BenchPlan plan) => new()
    {
        Depth = Math.Min(plan.Depth, 1024),
        Prompt = Math.Min(plan.PromptTokens, 128),
        Decode = Math.Min(plan.GeneratedTokens, 32),
    };
}
