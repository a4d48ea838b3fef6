using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;

namespace Llamalith.Cli.Benchmarking;

/// <summary>An engine in this process that takes its turns.</summary>
internal sealed class EngineContender : IContender
{
    private readonly IBenchEngine _engine;
    private readonly BenchPlan _plan;
    private readonly int[] _tokens;
    private readonly List<double> _promptRates = [], _decodeRates = [];
    private readonly List<double>[] _rowRates;
    private readonly long _residentBytes;

    private EngineContender(IBenchEngine engine, BenchPlan plan, long residentBefore, CancellationToken cancellation)
    {
        _engine = engine;
        _plan = plan;
        _tokens = BenchTokens.Create(plan.Positions, engine.VocabSize);
        _rowRates = [.. Rows.Select(_ => new List<double>())];

        // Before any logits are kept, which lie outside the engine.
        WarmUp(cancellation);
        ResidentMemory.Settle();
        _residentBytes = ResidentMemory.Bytes - residentBefore;
    }

    /// <inheritdoc/>
    public string Name => _engine.Name;

    /// <summary>Loads an engine and warms it up.</summary>
    /// <param name="plan">What will be measured.</param>
    /// <param name="load">Loads the engine, which then belongs to the contender.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static EngineContender Load(BenchPlan plan, Func<IBenchEngine> load, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(load);
        ResidentMemory.Settle();
        long before = ResidentMemory.Bytes;
        IBenchEngine engine = load();
        try
        {
            return new EngineContender(engine, plan, before, cancellation);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>The logits after the prompt, and then after each of some tokens.</summary>
    public List<float[]> LogitsAlong(ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        List<float[]> logits = [_engine.Prefill(Prompt).ToArray()];
        foreach (int token in tokens)
        {
            cancellation.ThrowIfCancellationRequested();
            logits.Add(_engine.Decode(token).ToArray());
        }

        _engine.Truncate(_plan.Depth);
        _engine.Rest();
        return logits;
    }

    /// <summary>
    /// Records the logits after the prompt and some tokens that the engine chooses itself, as a text would go on; or compares with those.
    /// </summary>
    /// <exception cref="CliException">The vocabularies differ.</exception>
    public void TakePart(LogitsComparison comparison, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        comparison.RequireVocabulary(Name, _engine.VocabSize);
        if (comparison.IsRecorded)
        {
            comparison.Compare(LogitsAlong(comparison.Tokens, cancellation));
            return;
        }

        List<float[]> logits = [_engine.Prefill(Prompt).ToArray()];
        int[] chosen = new int[_plan.ComparedTokens];
        for (int i = 0; i < chosen.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            chosen[i] = LogitsAgreement.ArgMax(logits[^1]);
            logits.Add(_engine.Decode(chosen[i]).ToArray());
        }

        _engine.Truncate(_plan.Depth);
        _engine.Rest();
        comparison.Record(Name, chosen, logits);
    }

    /// <inheritdoc/>
    public void TakeTurn(CancellationToken cancellation)
    {
        // Wakes the threads, and brings back what another's turn drove from the caches.
        _engine.Decode(_tokens[_plan.Depth]);
        _engine.Truncate(_plan.Depth);
        if (_plan.PromptTokens > 0)
        {
            ReadOnlySpan<int> prompt = Prompt;
            long start = Stopwatch.GetTimestamp();
            _engine.Prefill(prompt);
            _promptRates.Add(prompt.Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
            _engine.Truncate(_plan.Depth);
        }

        if (_plan.GeneratedTokens > 0)
        {
            ReadOnlySpan<int> tokens = _tokens.AsSpan(_plan.Depth, _plan.GeneratedTokens);
            long start = Stopwatch.GetTimestamp();
            foreach (int token in tokens)
            {
                _engine.Decode(token);
                cancellation.ThrowIfCancellationRequested();
            }

            _decodeRates.Add(tokens.Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
            _engine.Truncate(_plan.Depth);
        }

        for (int i = 0; i < Rows.Count; i++)
            _rowRates[i].Add(TimeRows(Rows[i], cancellation));
        _engine.Rest();
    }

    // Tokens a second, so many at once.
    private double TimeRows(int rows, CancellationToken cancellation)
    {
        int passes = _plan.PassesOf(rows);
        long start = Stopwatch.GetTimestamp();
        for (int pass = 0; pass < passes; pass++)
        {
            _engine.DecodeRows(_tokens.AsSpan(_plan.Depth + (pass * rows), rows));
            cancellation.ThrowIfCancellationRequested();
        }

        double rate = rows * passes / Stopwatch.GetElapsedTime(start).TotalSeconds;
        _engine.Truncate(_plan.Depth);
        return rate;
    }

    /// <inheritdoc/>
    public EngineRun ToRun() => new()
    {
        Name = Name,
        Detail = _engine.Detail,
        PromptRates = [.. _promptRates],
        DecodeRates = [.. _decodeRates],
        Rows = [.. Rows.Select((rows, i) => new RowsRun(rows, [.. _rowRates[i]]))],
        LoadMilliseconds = _engine.LoadMilliseconds,
        ResidentBytes = _residentBytes,
    };

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    private IReadOnlyList<int> Rows => _engine.DecodesRows ? _plan.Rows : [];

    /// <summary>The prompt behind the depth; one token where no prompt is measured, since decoding needs one.</summary>
    private ReadOnlySpan<int> Prompt => _tokens.AsSpan(_plan.Depth, Math.Max(1, _plan.PromptTokens));

    // Fills the cache to the depth, and touches all memory and code that the measurement will.
    private void WarmUp(CancellationToken cancellation)
    {
        const int Chunk = 512;
        for (int done = 0; done < _plan.Depth; done += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            _engine.Prefill(_tokens.AsSpan(done, Math.Min(Chunk, _plan.Depth - done)));
        }

        _engine.Prefill(Prompt);
        for (int i = 0; i < _plan.ComparedTokens; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _engine.Decode(_tokens[_plan.Depth + i]);
        }

        _engine.Truncate(_plan.Depth);
        foreach (int rows in Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            _engine.DecodeRows(_tokens.AsSpan(_plan.Depth, rows));
            _engine.Truncate(_plan.Depth);
        }

        _engine.Rest();
    }
}
