using System;
using System.Threading;
using Llamalith.Gguf;

namespace Llamalith.Tools;

/// <summary>How a model is converted.</summary>
public sealed record QuantizeOptions
{
    /// <summary>Number of threads that quantise. Default: one for each processor.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Told the share of the bytes written so far, 0 to 1.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Stops a conversion that is under way; no file is left then.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>
    /// Whether a source that is quantised already may be quantised again. Its errors then add up: better to start from the floats.
    /// </summary>
    public bool AllowRequantize { get; init; }

    /// <summary>The tokenizer to embed where the source is no GGUF file, which brings its own.</summary>
    public GgufTokenizerMetadata? Tokenizer { get; init; }

    /// <summary>The model's name where the source is no GGUF file; default: the source's file name.</summary>
    public string? Name { get; init; }
}
