using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using Llamalith.Cli.Benchmarking.Machine;

namespace Llamalith.Cli.Benchmarking;

/// <summary>
/// Measures engines side by side in this process: all are loaded, and in each round every one takes its turn, in alternating order,
/// after the machine's own bandwidth and multiply peak. A machine that is slow for a while is slow for all of them.
/// </summary>
/// <param name="plan">What to measure.</param>
/// <param name="work">The model's work.</param>
/// <param name="progress">Told what is going on, a few words at a time.</param>
internal sealed class BenchRunner(BenchPlan plan, ModelWork work, Action<string>? progress = null)
{
    /// <summary>Loads the engines with some threads, measures them, and lets them go.</summary>
    /// <exception cref="CliException">An engine cannot be loaded, or two have different vocabularies.</exception>
    public BenchRun Run(int threads, IReadOnlyList<EngineSource> sources, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sources);
        List<Contender> contenders = [];
        try
        {
            LogitsAgreement agreement = new();
            foreach (EngineSource source in sources)
            {
                progress?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{source.Name}: loading, {threads} threads"));
                contenders.Add(Load(source, threads, contenders.FirstOrDefault()?.Recorded, agreement, cancellation));
            }

            MachineRun machine = Measure(threads, contenders, cancellation);
            return new BenchRun
            {
                Threads = threads,
                Engines = [.. contenders.Select(c => c.ToRun())],
                Machine = machine,
                Agreement = agreement.Positions > 0 ? agreement : null,
            };
        }
        finally
        {
            foreach (Contender contender in contenders)
                contender.Engine.Dispose();
        }
    }

    private Contender Load(EngineSource source, int threads, Recording? reference, LogitsAgreement agreement, CancellationToken cancellation)
    {
        ResidentMemory.Settle();
        long before = ResidentMemory.Bytes;
        IBenchEngine engine = source.Load(plan, threads);
        try
        {
            if (reference is not null && reference.VocabSize != engine.VocabSize)
                throw new CliException($"{engine.Name} sees {engine.VocabSize} tokens in the vocabulary, but {reference.Name} sees {reference.VocabSize}.");
            progress?.Invoke($"{engine.Name}: warming up");
            Contender contender = new(engine, BenchTokens.Create(plan.Positions, engine.VocabSize));

            // A recording lies outside the engine, so it is taken after the resident memory has been.
            WarmUp(contender, cancellation);
            ResidentMemory.Settle();
            contender.ResidentBytes = ResidentMemory.Bytes - before;
            if (reference is null)
                contender.Recorded = Record(contender, cancellation);
            else
                Compare(contender, reference, agreement, cancellation);
            engine.Rest();
            return contender;
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Fills the cache to the depth, and touches all memory and code that the measurement will.</summary>
    private void WarmUp(Contender contender, CancellationToken cancellation)
    {
        const int Chunk = 512;
        for (int done = 0; done < plan.Depth; done += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            contender.Engine.Prefill(contender.Tokens.AsSpan(done, Math.Min(Chunk, plan.Depth - done)));
        }

        contender.Engine.Prefill(contender.Prompt(plan));
        for (int i = 0; i < plan.ComparedTokens; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            contender.Engine.Decode(contender.Tokens[plan.Depth + i]);
        }

        contender.Engine.Truncate(plan.Depth);
    }

    /// <summary>The first engine's logits after the prompt and some tokens that it chooses itself, as a text would go on.</summary>
    private Recording Record(Contender contender, CancellationToken cancellation)
    {
        IBenchEngine engine = contender.Engine;
        List<float[]> logits = [engine.Prefill(contender.Prompt(plan)).ToArray()];
        List<int> tokens = [];
        for (int i = 0; i < plan.ComparedTokens; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            tokens.Add(LogitsAgreement.ArgMax(logits[^1]));
            logits.Add(engine.Decode(tokens[^1]).ToArray());
        }

        engine.Truncate(plan.Depth);
        return new Recording(engine.Name, engine.VocabSize, tokens, logits);
    }

    /// <summary>Another engine's logits on the very same tokens.</summary>
    private void Compare(Contender contender, Recording reference, LogitsAgreement agreement, CancellationToken cancellation)
    {
        IBenchEngine engine = contender.Engine;
        agreement.Add(reference.Logits[0], engine.Prefill(contender.Prompt(plan)));
        for (int i = 0; i < reference.Tokens.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            agreement.Add(reference.Logits[i + 1], engine.Decode(reference.Tokens[i]));
        }

        engine.Truncate(plan.Depth);
    }

    private MachineRun Measure(int threads, List<Contender> contenders, CancellationToken cancellation)
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
                Contender contender = contenders[round % 2 == 0 ? turn : contenders.Count - 1 - turn];
                progress?.Invoke(string.Create(CultureInfo.InvariantCulture,
                    $"{contender.Engine.Name}: round {round + 1} of {plan.Repetitions}, {threads} threads"));
                Quiet.Wait();
                Time(contender, cancellation);
                contender.Engine.Rest();
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

    private void Time(Contender contender, CancellationToken cancellation)
    {
        IBenchEngine engine = contender.Engine;

        // Wakes the threads, and brings back what the other engine's turn drove from the caches.
        engine.Decode(contender.Tokens[plan.Depth]);
        engine.Truncate(plan.Depth);
        if (plan.PromptTokens > 0)
        {
            ReadOnlySpan<int> prompt = contender.Prompt(plan);
            long start = Stopwatch.GetTimestamp();
            engine.Prefill(prompt);
            contender.PromptRates.Add(prompt.Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
            engine.Truncate(plan.Depth);
        }

        if (plan.GeneratedTokens > 0)
        {
            ReadOnlySpan<int> tokens = contender.Tokens.AsSpan(plan.Depth, plan.GeneratedTokens);
            long start = Stopwatch.GetTimestamp();
            foreach (int token in tokens)
            {
                engine.Decode(token);
                cancellation.ThrowIfCancellationRequested();
            }

            contender.DecodeRates.Add(tokens.Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
            engine.Truncate(plan.Depth);
        }
    }

    private sealed record Recording(string Name, int VocabSize, List<int> Tokens, List<float[]> Logits);

    private sealed class Contender(IBenchEngine engine, int[] tokens)
    {
        public IBenchEngine Engine => engine;

        /// <summary>Tokens for every position.</summary>
        public int[] Tokens => tokens;

        public List<double> PromptRates { get; } = [];

        public List<double> DecodeRates { get; } = [];

        public long ResidentBytes { get; set; }

        public Recording? Recorded { get; set; }

        /// <summary>The prompt behind the depth; one token where no prompt is measured, since decoding needs one.</summary>
        public ReadOnlySpan<int> Prompt(BenchPlan plan) => tokens.AsSpan(plan.Depth, Math.Max(1, plan.PromptTokens));

        public EngineRun ToRun() => new()
        {
            Name = engine.Name,
            Detail = engine.Detail,
            PromptRates = [.. PromptRates],
            DecodeRates = [.. DecodeRates],
            LoadMilliseconds = engine.LoadMilliseconds,
            ResidentBytes = ResidentBytes,
        };
    }
}
