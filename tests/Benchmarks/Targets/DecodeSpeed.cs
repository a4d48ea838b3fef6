using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using Llamalith.Benchmarks.Baselines;
using Llamalith.Benchmarks.Models;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks.Targets;

/// <summary>Tokens a second: stories260K against a number, stories15M against a loop that reads as many bytes.</summary>
internal static class DecodeSpeed
{
    private const int SmallTarget = 60_000;
    private const double BandwidthTarget = 0.85;

    // How far ahead the better of two read loops prefetches.
    private const int PrefetchDistance = 4096;

    public static IEnumerable<TargetRow> Measure(int repeats)
    {
        yield return Small(repeats);
        foreach (int threads in DecodeBenchmarks.ThreadCounts)
            yield return AgainstBandwidth(repeats, threads);
    }

    private static TargetRow Small(int repeats)
    {
        using Stories260K model = Workload.LoadStories260K(threads: 1);
        int[] tokens = Workload.Tokens(256, Stories260K.VocabSize);
        Engine.AssertNoAllocation(model, tokens);
        double speed = Median.Interleaved(repeats, () => TokensPerSecond(model, tokens, runs: 20))[0];
        return new TargetRow(
            $"stories260K F32 decode, {model.InstructionSet}, 1 thread, 256 tokens",
            Text($"{speed:N0} tokens/s"),
            "",
            Text($"{SmallTarget:N0} tokens/s (AVX-512)"),
            model.InstructionSet == "avx512" ? speed >= SmallTarget : null);
    }

    private static TargetRow AgainstBandwidth(int repeats, int threads)
    {
        using Stories15M model = Workload.Load<Stories15M>(threads);
        int[] tokens = Workload.Tokens(32, Stories15M.VocabSize);
        Engine.AssertNoAllocation(model, tokens);
        using var team = new WorkerTeam(threads);
        long bytes = Workload.WeightBytes(model.Shape);
        using var plain = new ReadLoop(bytes, team);
        using var prefetching = new ReadLoop(bytes, team) { PrefetchDistance = PrefetchDistance };
        double[] speeds = Median.Interleaved(
            repeats,
            () => BytesPerSecond(plain, team),
            () => TokensPerSecond(model, tokens, runs: 1),
            () => BytesPerSecond(prefetching, team));
        long read = bytes + Workload.CacheBytes(model.Shape, tokens.Length / 2, KvFormat.F32);
        double reached = speeds[1] * read, possible = Math.Max(speeds[0], speeds[2]);
        return new TargetRow(
            $"stories15M F32 decode, {model.InstructionSet}, {threads} thread(s)",
            Text($"{speeds[1]:N0} tokens/s, {reached / 1e9:F1} GB/s, {reached / possible:P0}"),
            Text($"read loop {possible / 1e9:F1} GB/s"),
            Text($"{BandwidthTarget:P0}"),
            reached >= BandwidthTarget * possible);
    }

    private static double TokensPerSecond(ILlamaModel model, int[] tokens, int runs)
    {
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < runs; run++)
            Engine.Decode(model, tokens);
        return runs * tokens.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double BytesPerSecond(ReadLoop loop, WorkerTeam team)
    {
        const int Runs = 16;
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < Runs; run++)
            team.Run(loop);
        return Runs * loop.Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
