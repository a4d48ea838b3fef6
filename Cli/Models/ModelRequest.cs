using System;
using System.Collections.Generic;
using Llamalith.Contracts;
using Llamalith.Tuner;

namespace Llamalith.Cli.Models;

/// <summary>A model as the command line asks for it.</summary>
internal sealed record ModelRequest
{
    /// <summary>The file or folder.</summary>
    public required string Path { get; init; }

    /// <summary>Whether it is found out which kernels are the fastest here.</summary>
    public Tuning Tune { get; init; }

    /// <summary>Told what was measured of them.</summary>
    public IProgress<KernelMeasurement>? Measured { get; init; }

    /// <summary>The file of its tokenizer; null for the model's own.</summary>
    public string? TokenizerPath { get; init; }

    /// <summary>Adapters that are merged into it, in their order.</summary>
    public IReadOnlyList<AdapterRequest> Adapters { get; init; } = [];

    /// <summary>Most positions; null for the usual.</summary>
    public int? Context { get; init; }

    /// <summary>How the KV cache is stored.</summary>
    public KvFormat KvCache { get; init; }

    /// <summary>Threads that run it; null for as many as its size is worth.</summary>
    public int? Threads { get; init; }

    /// <summary>Memory that the process may use, in bytes: weights that are larger are streamed from disk.</summary>
    public long AvailableMemory { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The folder for models that are packed to be streamed; null for none.</summary>
    public string? PackedFolder { get; init; } = CacheFolder.Find("packed", Environment.GetEnvironmentVariable);
}
