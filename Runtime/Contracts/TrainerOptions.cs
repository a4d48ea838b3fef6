using System;

namespace Llamalith.Contracts;

/// <summary>How a trainer runs.</summary>
public sealed record TrainerOptions
{
    /// <summary>Number of threads, the caller's included. Default: one for each processor. Results do not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Most tokens of one batch, all sequences together; default 2048. Memory grows with what a batch really has.</summary>
    public int TokenCapacity { get; init; } = 2048;

    /// <summary>
    /// Whether only <see cref="ITrainer.Forward"/> will be called, as of a frozen reference model: activations of one layer instead of all
    /// are kept then, and a backward pass is refused.
    /// </summary>
    public bool ForwardOnly { get; init; }
}
