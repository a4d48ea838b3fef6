using System;
using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using Llamalith.Benchmarks.Baselines;
using Llamalith.Benchmarks.Models;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks;

/// <summary>
/// One token at a time, beside a loop that only reads as many bytes: the ratio is the share of the bandwidth that is reached.
/// </summary>
[MemoryDiagnoser]
public class DecodeBenchmarks : IDisposable
{
    private const int Count = 32;

    private ILlamaModel _model = null!;
    private WorkerTeam _team = null!;
    private ReadLoop _read = null!;
    private int[] _tokens = [];

    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "";

    [ParamsSource(nameof(ThreadCounts))]
    public int Threads { get; set; }

    public static IEnumerable<string> Models => Engine.Names;

    public static IEnumerable<int> ThreadCounts => new SortedSet<int> { 1, Environment.ProcessorCount };

    [GlobalSetup]
    public void Load()
    {
        _model = Engine.Load(Model, Threads);
        _tokens = Workload.Tokens(Count, _model.Shape.VocabSize);
        _team = new WorkerTeam(Threads);
        _read = new ReadLoop(Workload.WeightBytes(_model.Shape), _team);
        Engine.AssertNoAllocation(_model, _tokens);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _model.Dispose();
        _read.Dispose();
        _team.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads the bytes of the weights once a token.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public void Read()
    {
        for (int i = 0; i < Count; i++)
            _team.Run(_read);
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public float Decode() => Engine.Decode(_model, _tokens);
}
