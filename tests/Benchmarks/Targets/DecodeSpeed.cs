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
        double speed = Median.Of(Median.Interleaved(repeats, () => TokensPerSecond(model, tokens, runs: 20))[0]);
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
        long read = bytes + Workload.CacheBytes(model.Shape, tokens.Length / 2, KvFormat.F32);
        using var loop = new ReadLoop(bytes, team);
        double[][] speeds = Median.Interleaved(
            repeats,
            () => TokensPerSecond(model, tokens, runs: 1) * read,
            () => BytesPerSecond(loop, team, ReadPattern.Plain),
            () => BytesPerSecond(loop, team, ReadPattern.Prefetched),
            () => BytesPerSecond(loop, team, ReadPattern.FourStreams));

        // The best way of reading is the one to be held against.
        double[] best = speeds[1];
        foreach (double[] other in speeds[2..])
        {
            if (Median.Of(other) > Median.Of(best))
                best = other;
        }

        double share = Median.OfRatios(speeds[0], best);
        double reached = Median.Of(speeds[0]);
        return new TargetRow(
            $"stories15M F32 decode, {model.InstructionSet}, {threads} thread(s)",
            Text($"{reached / read:N0} tokens/s, {reached / 1e9:F1} GB/s, {share:P0}"),
            Text($"read loops {Median.Of(speeds[1]) / 1e9:F1}, {Median.Of(speeds[2]) / 1e9:F1}, {Median.Of(speeds[3]) / 1e9:F1} GB/s"),
            Text($"{BandwidthTarget:P0}"),
            share >= BandwidthTarget);
    }

    private static double TokensPerSecond(ILlamaModel model, int[] tokens, int runs)
    {
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < runs; run++)
            Engine.Decode(model, tokens);
        return runs * tokens.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double BytesPerSecond(ReadLoop loop, WorkerTeam team, ReadPattern pattern)
    {
        const int Runs = 32;
        loop.Pattern = pattern;
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < Runs; run++)
            team.Run(loop);
        return Runs * loop.Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
