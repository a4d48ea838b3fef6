using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using Llamalith.Benchmarks.Baselines;
using Llamalith.Benchmarks.Models;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks.Targets;

/// <summary>
/// Matrix products of a long prompt against the machine's peak of multiply-adds. Attention takes time and counts for nothing.
/// </summary>
internal static class PrefillSpeed
{
    private const int Prompt = 512;
    private const double PeakTarget = 0.75;

    public static IEnumerable<TargetRow> Measure(int repeats)
    {
        foreach (int threads in DecodeBenchmarks.ThreadCounts)
            yield return AgainstPeak<TinyLlamaLayers>(repeats, threads);
        foreach (int threads in DecodeBenchmarks.ThreadCounts)
            yield return AgainstPeak<Llama7BLayer>(repeats, threads);
    }

    private static TargetRow AgainstPeak<TModel>(int repeats, int threads)
        where TModel : class, ILlamaModel<TModel>
    {
        using TModel model = Workload.Load<TModel>(threads);
        int[] tokens = Workload.Tokens(Prompt, model.Shape.VocabSize);
        double flops = (double)Workload.LayerFlops(model.Shape) * Prompt;
        using var team = new WorkerTeam(threads);
        var peak = new PeakFma(20e9 * threads, threads);
        double[][] speeds = Median.Interleaved(
            repeats,
            () => FlopsPerSecond(peak.Flops, () => team.Run(peak)),
            () => FlopsPerSecond(flops, () =>
            {
                model.Truncate(0);
                model.Prefill(tokens);
            }));
        double share = Median.OfRatios(speeds[1], speeds[0]);
        return new TargetRow(
            $"F32 prefill of {Prompt}, dim {model.Shape.Dim}, {model.InstructionSet}, {threads} thread(s)",
            Text($"{Median.Of(speeds[1]) / 1e9:F1} GFLOP/s, {share:P0}"),
            Text($"FMA loop {Median.Of(speeds[0]) / 1e9:F1} GFLOP/s"),
            Text($"{PeakTarget:P0}"),
            share >= PeakTarget);
    }

    private static double FlopsPerSecond(double flops, Action run)
    {
        long start = Stopwatch.GetTimestamp();
        run();
        return flops / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
