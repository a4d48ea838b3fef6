using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using Llamalith.Cli.Benchmarking.Machine;

namespace Llamalith.Cli.Benchmarking;

/// <summary>
/// Measures contenders side by side: all are prepared, and in each round every one takes its turn, in alternating order, after the
/// machine's own bandwidth and multiply peak. A machine that is slow for a while is slow for all of them.
/// </summary>
/// <param name="plan">What to measure.</param>
/// <param name="work">The model's work.</param>
/// <param name="progress">Told what is going on, a few words at a time.</param>
internal sealed class BenchRunner(BenchPlan plan, ModelWork work, Action<string>? progress = null)
{
    /// <summary>Prepares contenders on some threads, measures them, and lets them go.</summary>
    /// <exception cref="CliException">One cannot be loaded, or two have different vocabularies.</exception>
    public BenchRun Run(int threads, IReadOnlyList<IContenderSource> sources, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sources);
        List<IContender> contenders = [];
        try
        {
            LogitsComparison comparison = new();
            foreach (IContenderSource source in sources)
            {
                progress?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{source.Name}: loading and warming up, {threads} threads"));
                contenders.Add(source.Prepare(plan, threads, comparison, cancellation));
            }

            MachineRun machine = Measure(threads, contenders, cancellation);
            return new BenchRun
            {
                Threads = threads,
                Engines = [.. contenders.Select(contender => contender.ToRun())],
                Machine = machine,
                Agreement = comparison.Agreement.Positions > 0 ? comparison.Agreement : null,
            };
        }
        finally
        {
            foreach (IContender contender in contenders)
                contender.Dispose();
        }
    }

    private MachineRun Measure(int threads, List<IContender> contenders, CancellationToken cancellation)
    {
        Quiet.Wait();
        using ReadBandwidth read = new(work.WeightBytes, threads);
        MultiplyPeak multiply = new(work.Quantized, threads);
        double[] readGigabytes = new double[plan.Repetitions];
        double[] gigamultiplies = new double[plan.Repetitions];
        for (int round = 0; round < plan.Repetitions; round++)
        {
            Quiet.Wait();
            readGigabytes[round] = read.MeasureGigabytes();
            gigamultiplies[round] = multiply.MeasureGigamultiplies();
            for (int turn = 0; turn < contenders.Count; turn++)
            {
                cancellation.ThrowIfCancellationRequested();
                IContender contender = contenders[round % 2 == 0 ? turn : contenders.Count - 1 - turn];
                progress?.Invoke(string.Create(
                    CultureInfo.InvariantCulture, $"{contender.Name}: round {round + 1} of {plan.Repetitions}, {threads} threads"));
                Quiet.Wait();
                contender.TakeTurn(cancellation);
            }
        }

        return new MachineRun
        {
            ReadGigabytes = readGigabytes,
            ReadMethod = read.MethodName,
            ReadBytes = read.Bytes,
            Gigamultiplies = gigamultiplies,
            MultiplyMethod = multiply.MethodName,
        };
    }
}
