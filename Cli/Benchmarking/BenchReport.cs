using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Cli.Output;

namespace Llamalith.Cli.Benchmarking;

/// <summary>A finished benchmark: its runs, and what they come to in rows and notes.</summary>
internal sealed record BenchReport(BenchPlan Plan, ModelWork Work, IReadOnlyList<BenchRun> Runs)
{
    /// <summary>Titles of the columns that <see cref="Rows"/> fills; all but the first are numbers.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["engine", "threads", "prompt tok/s", "of peak", "decode tok/s", "read GB/s", "of peak", "load ms", "resident MB"];

    /// <summary>One row an engine and number of threads.</summary>
    public IEnumerable<string[]> Rows() => Runs.SelectMany(run => run.Engines.Select(engine => (string[])
    [
        engine.Name,
        Number(run.Threads, "0"),
        WithSpread(engine.PromptRates),
        Percent(engine.ShareOfMultiply(Work, Plan.PromptTokens, run.Machine)),
        WithSpread(engine.DecodeRates),
        Number(engine.ReadGigabytes(Work), "0.00"),
        Percent(engine.ShareOfRead(Work, run.Machine)),
        Number(engine.LoadMilliseconds, "0"),
        Number(engine.ResidentBytes / 1e6, "0.0"),
    ]));

    /// <summary>What the rows do not show: ratios, agreement, the machine, how the engines ran.</summary>
    public IEnumerable<string> Notes()
    {
        foreach (BenchRun run in Runs)
        {
            string threads = run.Threads == 1 ? "1 thread" : Number(run.Threads, "0") + " threads";
            foreach (EngineRun other in run.Engines.Skip(1))
            {
                yield return $"{threads}: {run.Engines[0].Name} / {other.Name} = {Ratios(run.Engines[0], other)}";
                if (other.IsFreshEachRound)
                {
                    yield return $"{threads}: {other.Name} at its best of {Quantity.Count(Plan.Repetitions, "round")}, each a process of "
                        + $"its own: {Best(run.Engines[0], other)}";
                }
            }

            foreach (EngineRun engine in run.Engines)
            {
                foreach (RowsRun rows in engine.Rows)
                {
                    yield return $"{threads}: {engine.Name} decodes {Quantity.Count(rows.Count, "row")} at once at "
                        + $"{WithSpread(rows.Rates)} tok/s{Share(rows, engine)}";
                }
            }

            if (run.Agreement is LogitsAgreement agreement)
                yield return $"{threads}: logits of {run.Engines[0].Name} and {run.Engines[1].Name}: {agreement}";
            yield return $"{threads}: machine reads {WithSpread(run.Machine.ReadGigabytes)} GB/s of "
                + $"{Quantity.Bytes(run.Machine.ReadBytes)} ({run.Machine.ReadMethod}) "
                + $"and multiplies {WithSpread(run.Machine.Gigamultiplies)} G/s ({run.Machine.MultiplyMethod})";
        }

        foreach ((string name, string detail) in Runs.SelectMany(r => r.Engines).Select(e => (e.Name, e.Detail)).Distinct())
            yield return $"{name}: {detail}";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{Work.Model}: prompt {Plan.PromptTokens}, decode {Plan.GeneratedTokens}, depth {Plan.Depth}; medians of "
                + $"{Quantity.Count(Plan.Repetitions, "interleaved round")}, ± half their range; a token reads "
                + $"{Quantity.Bytes(Work.WeightBytes)} of weights");
    }

    private static string Ratios(EngineRun first, EngineRun second)
    {
        List<string> parts = [];
        if (first.PromptRates.Length > 0 && second.PromptRates.Length > 0)
            parts.Add(Number(Statistics.MedianRatio(first.PromptRates, second.PromptRates), "0.00") + "x prompt");
        if (first.DecodeRates.Length > 0 && second.DecodeRates.Length > 0)
            parts.Add(Number(Statistics.MedianRatio(first.DecodeRates, second.DecodeRates), "0.00") + "x decode");
        if (first.ResidentBytes is { } mine && second.ResidentBytes is > 0 and { } theirs)
            parts.Add(Number((double)mine / theirs, "0.00") + "x resident memory");
        return string.Join(", ", parts);
    }

    // Against its best process the first engine has its median: no luck is taken from the one and given to the other.
    private static string Best(EngineRun first, EngineRun second)
    {
        List<string> parts = [];
        if (second.BestPromptRate is double prompt)
            parts.Add($"{Rate(prompt)} prompt tok/s ({Number(first.PromptRate / prompt, "0.00")}x)");
        if (second.BestDecodeRate is double decode)
            parts.Add($"{Rate(decode)} decode tok/s ({Number(first.DecodeRate / decode, "0.00")}x)");
        return string.Join(", ", parts);
    }

    private static string Share(RowsRun rows, EngineRun engine) => rows.ShareOf(engine) is double share
        ? string.Create(CultureInfo.InvariantCulture, $", {Percent(share)} of the lesser of {rows.Count} x decode and prompt")
        : "";

    private static string WithSpread(double[] values)
    {
        if (values.Length == 0)
            return "-";
        return Rate(Statistics.Median(values)) + " ±" + Number(100 * Statistics.Spread(values), "0") + "%";
    }

    private static string Rate(double value) => Number(value, value >= 1000 ? "0" : value >= 100 ? "0.0" : "0.00");

    private static string Percent(double? share) => share is double value ? Number(100 * value, "0") + "%" : "-";

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
