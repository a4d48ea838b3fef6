using System;
using System.Collections.Generic;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tools;

/// <summary>How a model is packed.</summary>
public sealed record PackOptions
{
    /// <summary>The instruction set that will read it; said in the file, and in the message where it does not suit.</summary>
    public required string Target { get; init; }

    /// <summary>How the engine orders the rows of query and key heads (<see cref="LlamaModelAttribute.RopeLayout"/>).</summary>
    public RopeLayout RopeLayout { get; init; }

    /// <summary>
    /// The formats that the engine was compiled for; null for those of the file. Floats that are not among them are widened to F32.
    /// </summary>
    public IReadOnlySet<TensorType>? Formats { get; init; }

    /// <summary>The tokenizer to take along where the model is no GGUF file, which brings its own; null for none.</summary>
    public GgufTokenizerMetadata? Tokenizer { get; init; }

    /// <summary>Number of threads that pack. Default: one for each processor.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Told the share of weights packed so far, 0 to 1.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Stops it; no file is left behind.</summary>
    public CancellationToken Cancellation { get; init; }
}
