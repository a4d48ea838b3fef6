using System;
using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using Llamalith.Benchmarks.Baselines;
using Llamalith.Benchmarks.Models;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks;

/// <summary>
/// A prompt at once, beside a loop of as many multiply-adds in registers: the ratio is the share of the peak that is reached.
/// </summary>
[MemoryDiagnoser]
public class PrefillBenchmarks : IDisposable
{
    private ILlamaModel _model = null!;
    private WorkerTeam _team = null!;
    private PeakFma _peak = null!;
    private int[] _tokens = [];

    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "";

    [ParamsSource(nameof(ThreadCounts))]
    public int Threads { get; set; }

    /// <summary>Tokens in the prompt; fewer where the context holds fewer.</summary>
    [Params(16, 512)]
    public int Prompt { get; set; }

    public static IEnumerable<string> Models => Engine.Names;

    public static IEnumerable<int> ThreadCounts => DecodeBenchmarks.ThreadCounts;

    [GlobalSetup]
    public void Load()
    {
        _model = Engine.Load(Model, Threads);
        _tokens = Workload.Tokens(Math.Min(Prompt, _model.Shape.Context), _model.Shape.VocabSize);
        _team = new WorkerTeam(Threads);
        _peak = new PeakFma((double)Workload.LayerFlops(_model.Shape) * _tokens.Length, Threads);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _model.Dispose();
        _team.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The multiply-adds of the prompt's matrix products, attention left out.</summary>
    [Benchmark(Baseline = true)]
    public void Peak() => _team.Run(_peak);

    [Benchmark]
    public float Prefill()
    {
        _model.Truncate(0);
        return _model.Prefill(_tokens)[0];
    }
}
