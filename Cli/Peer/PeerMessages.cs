using System.Text.Json.Serialization;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Cli.Peer;

/// <summary>What a process of its own is asked to do with llama.cpp: one turn of a plan, or to show its logits.</summary>
internal sealed record PeerTask
{
    /// <summary>The folder of the libraries.</summary>
    public required string Folder { get; init; }

    /// <summary>The GGUF file.</summary>
    public required string Path { get; init; }

    public required BenchPlan Plan { get; init; }

    public required int Threads { get; init; }

    public required PeerCacheFormat Cache { get; init; }

    /// <summary>On, off, or null for the faster of both.</summary>
    public required bool? FlashAttention { get; init; }

    /// <summary>
    /// A file to write logits to, as they lie in memory: after the plan's prompt, and after each of <see cref="Tokens"/>. Null for a turn.
    /// </summary>
    public string? LogitsPath { get; init; }

    public int[] Tokens { get; init; } = [];

    /// <summary>Whether llama.cpp logs to standard error.</summary>
    public bool Verbose { get; init; }
}

/// <summary>What came of it.</summary>
internal sealed record PeerAnswer
{
    public required string Detail { get; init; }

    public required int VocabSize { get; init; }

    public required bool FlashAttention { get; init; }

    public required double LoadMilliseconds { get; init; }

    public required long ResidentBytes { get; init; }

    public required double? PromptRate { get; init; }

    public required double? DecodeRate { get; init; }
}

/// <summary>Their JSON, which only this tool reads.</summary>
[JsonSerializable(typeof(PeerTask))]
[JsonSerializable(typeof(PeerAnswer))]
internal sealed partial class PeerJson : JsonSerializerContext;
