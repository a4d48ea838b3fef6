using System;
using System.Diagnostics;
using Llamalith.Contracts;

namespace Llamalith.Cli.Benchmarking;

/// <summary>A compiled model as a measured engine, which it owns.</summary>
internal sealed class LlamalithEngine : IBenchEngine
{
    /// <summary>Its name in tables and JSON.</summary>
    public const string EngineName = "llamalith";

    private readonly ILlamaModel model;

    private LlamalithEngine(ILlamaModel model, double loadMilliseconds)
    {
        this.model = model;
        LoadMilliseconds = loadMilliseconds;
    }

    public string Name => EngineName;

    public string Detail => model.InstructionSet;

    public int Threads => model.Threads;

    public int VocabSize => model.Shape.VocabSize;

    public int Position => model.Position;

    public double LoadMilliseconds { get; }

    /// <summary>Loads a model and times that.</summary>
    /// <param name="load">Opens the file and binds the weights.</param>
    public static LlamalithEngine Load(Func<ILlamaModel> load)
    {
        ArgumentNullException.ThrowIfNull(load);
        long start = Stopwatch.GetTimestamp();
        ILlamaModel model = load();
        return new LlamalithEngine(model, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens) => model.Prefill(tokens);

    public ReadOnlySpan<float> Decode(int token) => model.Decode(token);

    public bool DecodesRows => true;

    public void DecodeRows(scoped ReadOnlySpan<int> tokens) => model.DecodeRows(tokens, Computed.Instance);

    public void Truncate(int count) => model.Truncate(count);

    /// <summary>Nothing to do: a team of workers goes to sleep by itself when it is idle.</summary>
    public void Rest()
    {
    }

    public void Dispose() => model.Dispose();

    // All logits are computed, and nobody looks.
    private sealed class Computed : ILogitsReader
    {
        public static Computed Instance { get; } = new();

        public void Read(int token, ReadOnlySpan<float> logits)
        {
        }
    }
}
