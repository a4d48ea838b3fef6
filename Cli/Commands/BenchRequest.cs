using System.Collections.Generic;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Models;

namespace Llamalith.Cli.Commands;

/// <summary>What a measuring verb was asked for.</summary>
internal sealed record BenchRequest
{
    /// <summary>The model file or folder.</summary>
    public required string Path { get; init; }

    /// <summary>Adapters that are merged into it, in their order.</summary>
    public IReadOnlyList<AdapterRequest> Adapters { get; init; } = [];

    /// <summary>Numbers of threads, each measured in turn.</summary>
    public required IReadOnlyList<int> Threads { get; init; }

    /// <summary>What is measured.</summary>
    public required BenchPlan Plan { get; init; }

    /// <summary>Element type of every engine's KV cache.</summary>
    public required KvFormat Cache { get; init; }

    /// <summary>llama.cpp's flash attention; null for the faster of on and off.</summary>
    public required bool? PeerFlashAttention { get; init; }

    /// <summary>Programs with llama-bench's options to measure beside, each with options of its own.</summary>
    public IReadOnlyList<string> PeerCommands { get; init; } = [];

    /// <summary>The file of a measurement to write; null for none.</summary>
    public string? SavePath { get; init; }

    /// <summary>The command line, for measurements that are kept.</summary>
    public string Command { get; init; } = "";

    /// <summary>Whether the output is JSON.</summary>
    public required bool Json { get; init; }

    /// <summary>Whether llama.cpp logs to standard error.</summary>
    public required bool Verbose { get; init; }
}
