using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Planning;

/// <summary>A step of a schedule: <see cref="BarrierBefore"/> where all threads must meet first.</summary>
internal sealed record ScheduledStep(Step Step, Split Split, bool BarrierBefore);

/// <summary>The steps of every layer, and those that follow the last one.</summary>
internal sealed record Schedule(IReadOnlyList<ScheduledStep> Layer, IReadOnlyList<ScheduledStep> Head)
{
    /// <summary>Barriers that one token passes in a layer.</summary>
    public int BarriersPerLayer => Layer.Count(step => step.BarrierBefore);
}

/// <summary>
/// Puts barriers between steps, as few as correctness allows. Since the last barrier, a buffer may have been written by other
/// threads (then only the thread's own share may be read) or read by them (then it may not be overwritten under their eyes).
/// </summary>
internal sealed class Scheduler
{
    private readonly Func<Step, Split> _splitOf;
    private readonly Dictionary<Buffer, Split> _written = [];
    private readonly Dictionary<Buffer, Split> _read = [];

    private Scheduler(Func<Step, Split> splitOf) => _splitOf = splitOf;

    /// <summary>The schedule of one token.</summary>
    public static Schedule Decode(LayerGraph graph) => new Scheduler(step => step.DecodeSplit).Run(graph);

    /// <summary>The schedule of many tokens at once.</summary>
    public static Schedule Prefill(LayerGraph graph) => new Scheduler(step => step.PrefillSplit).Run(graph);

    // A layer follows a layer: the second round begins with what the first left pending, and is the one that is kept.
    private Schedule Run(LayerGraph graph)
    {
        Place(graph.Layer);
        return new Schedule(Place(graph.Layer), Place(graph.Head));
    }

    private List<ScheduledStep> Place(IReadOnlyList<Step> steps)
    {
        List<ScheduledStep> placed = [];
        foreach (Step step in steps)
        {
            Split split = _splitOf(step);
            bool barrier = step.Reads.Any(buffer => ReadIsUnsafe(buffer, split)) || step.Writes.Any(buffer => WriteIsUnsafe(buffer, split));
            if (barrier)
            {
                _written.Clear();
                _read.Clear();
            }

            placed.Add(new ScheduledStep(step, split, barrier));
            foreach (Buffer buffer in step.Reads)
                _read[buffer] = split;
            foreach (Buffer buffer in step.Writes)
            {
                // A replicated step writes memory that each thread has to itself.
                if (split == Split.Replicated)
                    _written.Remove(buffer);
                else
                    _written[buffer] = split;
            }
        }

        return placed;
    }

    // Rows read their whole input; the other splits read what the same split wrote.
    private bool ReadIsUnsafe(Buffer buffer, Split split) =>
        _written.TryGetValue(buffer, out Split writer) && (writer != split || split == Split.Rows);

    private bool WriteIsUnsafe(Buffer buffer, Split split) =>
        split != Split.Replicated && _read.TryGetValue(buffer, out Split reader) && (reader != split || split == Split.Rows);
}
