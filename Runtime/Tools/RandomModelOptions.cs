using System;
using System.Threading;
using Llamalith.Gguf;

namespace Llamalith.Tools;

/// <summary>How a random model is made.</summary>
public sealed record RandomModelOptions
{
    /// <summary>The same seed gives the same file.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Standard deviation of the weights. At the default the activations of every usual shape stay sane.</summary>
    public double StandardDeviation { get; init; } = 0.02;

    /// <summary>The tokenizer to embed.</summary>
    public GgufTokenizerMetadata? Tokenizer { get; init; }

    /// <summary>The model's name; default: "random".</summary>
    public string Name { get; init; } = "random";

    /// <summary>Number of threads. Default: one for each processor.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Told the share of the bytes written so far, 0 to 1.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Stops the writing; no file is left then.</summary>
    public CancellationToken Cancellation { get; init; }
}
