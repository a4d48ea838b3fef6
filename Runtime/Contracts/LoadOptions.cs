using System;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>How a model is loaded and run.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// Number of threads that run the model, the caller's included. Null, the default: as many as its size is worth
    /// (<see cref="WorkerTeam.SizeFor"/>), which is one for each processor but for small models. A number is taken as it is.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// The most bytes that all conversations of the model take together; a <see cref="CacheFullException"/> says when they are spent. They
    /// are taken as positions are filled. Null, the default: what the class's <c>MaxMemory</c> leaves beside its weights; without one, what
    /// the machine has beyond the weights. Either way it is enough for one conversation over the whole context.
    /// </summary>
    public long? CacheMemory { get; init; }

    /// <summary>Whether the load finds out which kernels are the fastest here; it changes no result.</summary>
    public Tuning Tune { get; init; }

    /// <summary>Which kernels run, so that nothing is measured; null for what is known or measured (<see cref="Tune"/>).</summary>
    public KernelChoices? Kernels { get; init; }

    /// <summary>
    /// The folder in which what was measured is kept: null, the default, for one in the user's cache folder; empty for nowhere.
    /// </summary>
    public string? KernelFolder { get; init; }

    /// <summary>
    /// Told what was measured, candidate by candidate, from the loading thread. It must not wait for anything that the load holds.
    /// </summary>
    public IProgress<KernelMeasurement>? Measured { get; init; }

    /// <summary>Told the share of weight bytes bound so far, 0 to 1, from any thread.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Stops a load that is under way.</summary>
    public CancellationToken Cancellation { get; init; }
}
