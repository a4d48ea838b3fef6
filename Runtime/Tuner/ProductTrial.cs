using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Tuner;

/// <summary>
/// Runs a product by itself as a pass does, all threads together, over the engine's own panels: another stretch of them each time, so that
/// they come from where a pass finds them.
/// </summary>
internal sealed class ProductTrial : ITeamJob
{
    // What a thread reads in one run: some hundred microseconds of it.
    private const long BytesAtOnce = 2 << 20;

    // And multiplies.
    private const long MultiplyAddsAtOnce = 12_000_000;

    // Enough that several blocks of tokens are passed over.
    private const int ManyTokens = 256;

    private readonly ITunable _engine;
    private readonly WorkerTeam _team;
    private readonly TunableMatrix _matrix;
    private readonly int _index;
    private readonly int[] _layers;
    private readonly int _tokens;
    private readonly int _panels;
    private int _layer;
    private int _begin;

    private ProductTrial(
        ITunable engine, WorkerTeam team, ProductKind product, TensorType format, TunableMatrix matrix, int index, int[] layers)
    {
        _engine = engine;
        _team = team;
        _index = index;
        _layers = layers;
        _matrix = matrix;
        _tokens = product == ProductKind.MatVec ? 1 : Math.Min(ManyTokens, _matrix.MostTokens);
        PanelBytes = WeightPacker.PanelBytes(format, _matrix.Columns);
        long each = product == ProductKind.MatVec
            ? BytesAtOnce / PanelBytes : MultiplyAddsAtOnce / ((long)_matrix.Columns * WeightPacker.PanelRows * _tokens);
        _panels = (int)Math.Min(_matrix.Panels, team.Size * Math.Max(1, each));
    }

    /// <summary>Bytes of all weights of the format that it goes over.</summary>
    public long Bytes => PanelBytes * _matrix.Panels * _layers.Length;

    /// <summary>Bytes that a run reads.</summary>
    public long BytesRead => PanelBytes * _panels;

    /// <summary>Multiply-adds of a run.</summary>
    public long MultiplyAdds => (long)_matrix.Columns * WeightPacker.PanelRows * _panels * _tokens;

    private long PanelBytes { get; }

    /// <summary>A trial with the matrix that most bytes of a format are in; null where no matrix has that format.</summary>
    public static ProductTrial? Of(
        ITunable engine, IReadOnlyList<TunableMatrix> matrices, WorkerTeam team, int layers, ProductKind product, TensorType format)
    {
        ProductTrial? most = null;
        for (int matrix = 0; matrix < matrices.Count; matrix++)
        {
            // The last is the classifier, of which there is one.
            bool isLayers = matrix < matrices.Count - 1;
            int[] found = [.. Enumerable.Range(0, isLayers ? layers : 1).Where(layer => engine.MatrixOf(layer, matrix).Type == format)];
            if (found.Length == 0 || matrices[matrix].MostTokens < (product == ProductKind.MatVec ? 1 : 2))
                continue;
            ProductTrial trial = new(engine, team, product, format, matrices[matrix], matrix, found);
            if (most is null || trial.Bytes > most.Bytes)
                most = trial;
        }

        return most;
    }

    /// <summary>Runs it once and returns the seconds that it took.</summary>
    public double Run()
    {
        long start = Stopwatch.GetTimestamp();
        _team.Run(this);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _begin += _panels;
        if (_begin + _panels <= _matrix.Panels)
            return seconds;
        _begin = 0;
        _layer = (_layer + 1) % _layers.Length;
        return seconds;
    }

    /// <inheritdoc/>
    void ITeamJob.Execute(int rank)
    {
        (int begin, int end) = WorkerTeam.Share(_panels, rank, _team.Size);
        _engine.MultiplyOn(rank, _layers[_layer], _index, _tokens, (_begin + begin, _begin + end));
    }
}
