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
            if (run.Engines.Count == 2)
                yield return $"{threads}: {run.Engines[0].Name} / {run.Engines[1].Name} = {Ratios(run.Engines[0], run.Engines[1])}";
            if (run.Agreement is LogitsAgreement agreement)
                yield return $"{threads}: logits of {run.Engines[0].Name} and {run.Engines[1].Name}: {agreement}";
            yield return $"{threads}: machine reads {WithSpread(run.Machine.ReadGigabytes)} GB/s of {Quantity.Bytes(run.Machine.ReadBytes)} ({run.Machine.ReadMethod}) "
                + $"and multiplies {WithSpread(run.Machine.Gigamultiplies)} G/s ({run.Machine.MultiplyMethod})";
        }

        foreach ((string name, string detail) in Runs.SelectMany(r => r.Engines).Select(e => (e.Name, e.Detail)).Distinct())
            yield return $"{name}: {detail}";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{Work.Model}: prompt {Plan.PromptTokens}, decode {Plan.GeneratedTokens}, depth {Plan.Depth}; medians of {Quantity.Count(Plan.Repetitions, "interleaved round")}, ± half their range; a token reads {Quantity.Bytes(Work.WeightBytes)} of weights");
    }

    private static string Ratios(EngineRun first, EngineRun second)
    {
        List<string> parts = [];
        if (first.PromptRates.Length > 0 && second.PromptRates.Length > 0)
            parts.Add(Number(Statistics.MedianRatio(first.PromptRates, second.PromptRates), "0.00") + "x prompt");
        if (first.DecodeRates.Length > 0 && second.DecodeRates.Length > 0)
            parts.Add(Number(Statistics.MedianRatio(first.DecodeRates, second.DecodeRates), "0.00") + "x decode");
        if (second.ResidentBytes > 0)
            parts.Add(Number((double)first.ResidentBytes / second.ResidentBytes, "0.00") + "x resident memory");
        return string.Join(", ", parts);
    }

    private static string WithSpread(double[] values)
    {
        if (values.Length == 0)
            return "-";
        double median = Statistics.Median(values);
        string format = median >= 1000 ? "0" : median >= 100 ? "0.0" : "0.00";
        return Number(median, format) + " ±" + Number(100 * Statistics.Spread(values), "0") + "%";
    }

    private static string Percent(double? share) => share is double value ? Number(100 * value, "0") + "%" : "-";

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
