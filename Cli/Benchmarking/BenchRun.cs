using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Cli.Benchmarking;

/// <summary>All measurements with one number of threads. Arrays have one value a round, in the same order everywhere.</summary>
internal sealed record BenchRun
{
    public required int Threads { get; init; }

    /// <summary>The engines in the order they were given.</summary>
    public required IReadOnlyList<EngineRun> Engines { get; init; }

    /// <summary>What the machine can do.</summary>
    public required MachineRun Machine { get; init; }

    /// <summary>How far the second engine's logits agree with the first's; null where there is only one.</summary>
    public LogitsAgreement? Agreement { get; init; }
}

/// <summary>One engine's measurements.</summary>
internal sealed record EngineRun
{
    public required string Name { get; init; }

    public required string Detail { get; init; }

    /// <summary>Prompt tokens per second; empty where none was measured.</summary>
    public required double[] PromptRates { get; init; }

    /// <summary>Decoded tokens per second; empty where none was measured.</summary>
    public required double[] DecodeRates { get; init; }

    /// <summary>
    /// Tokens per second of so many decoded at once, in the plan's order; empty where the plan has none or the engine decodes one by one.
    /// </summary>
    public IReadOnlyList<RowsRun> Rows { get; init; } = [];

    /// <summary>Time to load, the median where it was loaded for every round; null where the engine does not say.</summary>
    public required double? LoadMilliseconds { get; init; }

    /// <summary>
    /// Bytes by which a process's resident memory grew by loading and warming up; of another program, all that it had. Null where the
    /// system does not say.
    /// </summary>
    public required long? ResidentBytes { get; init; }

    /// <summary>Whether every round had a process of its own, whose speed may depend on where its memory happened to lie.</summary>
    public bool IsFreshEachRound { get; init; }

    /// <summary>The median of prompt tokens per second; null where none was measured.</summary>
    public double? PromptRate => PromptRates.Length > 0 ? Statistics.Median(PromptRates) : null;

    /// <summary>The median of decoded tokens per second; null where none was measured.</summary>
    public double? DecodeRate => DecodeRates.Length > 0 ? Statistics.Median(DecodeRates) : null;

    /// <summary>The most prompt tokens per second of any round; null where none was measured.</summary>
    public double? BestPromptRate => PromptRates.Length > 0 ? PromptRates.Max() : null;

    /// <summary>The most decoded tokens per second of any round; null where none was measured.</summary>
    public double? BestDecodeRate => DecodeRates.Length > 0 ? DecodeRates.Max() : null;

    /// <summary>Gigabytes of weights per second that decoding reads.</summary>
    public double? ReadGigabytes(ModelWork work) => DecodeRate * work.WeightBytes / 1e9;

    /// <summary>Decoding's share of the machine's read bandwidth, by rounds.</summary>
    public double? ShareOfRead(ModelWork work, MachineRun machine) => DecodeRates.Length > 0
        ? Statistics.MedianRatio([.. DecodeRates.Select(r => r * work.WeightBytes / 1e9)], machine.ReadGigabytes)
        : null;

    /// <summary>A prompt's share of the machine's multiply peak, by rounds.</summary>
    public double? ShareOfMultiply(ModelWork work, int promptTokens, MachineRun machine) => PromptRates.Length > 0
        ? Statistics.MedianRatio(
            [.. PromptRates.Select(r => r * work.PromptMultiplies(promptTokens) / promptTokens / 1e9)], machine.Gigamultiplies)
        : null;
}

/// <summary>Measurements of several tokens decoded at once.</summary>
/// <param name="Count">How many at once.</param>
/// <param name="Rates">Tokens per second, one value a round.</param>
internal sealed record RowsRun(int Count, double[] Rates)
{
    /// <summary>The median of tokens per second.</summary>
    public double Rate => Statistics.Median(Rates);

    /// <summary>
    /// The share of what could be at most, by rounds: as many times the rate of one alone, since the weights are read once for all, or the
    /// rate of a prompt, whose multiplications are as many. Null where either was not measured.
    /// </summary>
    public double? ShareOf(EngineRun engine) => engine is { PromptRates.Length: > 0, DecodeRates.Length: > 0 }
        ? Statistics.MedianRatio(
            Rates, [.. engine.DecodeRates.Zip(engine.PromptRates, (decode, prompt) => Math.Min(Count * decode, prompt))])
        : null;
}

/// <summary>The machine's own measurements.</summary>
internal sealed record MachineRun
{
    /// <summary>Gigabytes read per second.</summary>
    public required double[] ReadGigabytes { get; init; }

    /// <summary>The way of reading.</summary>
    public required string ReadMethod { get; init; }

    /// <summary>Bytes that were read again and again.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Multiply-adds per second, in units of 10^9.</summary>
    public required double[] Gigamultiplies { get; init; }

    /// <summary>The way of multiplying.</summary>
    public required string MultiplyMethod { get; init; }
}
