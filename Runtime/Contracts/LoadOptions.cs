using System;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>How a model is loaded and run.</summary>
public sealed record LoadOptions
{
    /// <summary>Number of threads that run the model, the caller's included. Default: one for each processor.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Told the share of weight bytes bound so far, 0 to 1, from any thread.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Stops a load that is under way.</summary>
    public CancellationToken Cancellation { get; init; }
}
