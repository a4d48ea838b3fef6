using System;
using System.ComponentModel;

namespace Llamalith.Contracts;

/// <summary>What a generated class was compiled for, as the run time must know it. Not for use by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class EngineTraits
{
    /// <summary>The class's full name, for messages.</summary>
    public required string ClassName { get; init; }

    /// <summary>The model.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>Its KV cache.</summary>
    public required KvLayout Layout { get; init; }

    /// <summary>The instruction sets that kernels were emitted for.</summary>
    public required string Emitted { get; init; }

    /// <summary>The one of them in use; null where this machine has none.</summary>
    public required string? InstructionSet { get; init; }

    /// <summary>Most tokens of one pass.</summary>
    public required int PrefillChunk { get; init; }

    /// <summary>Tokens whose logits are in memory at once.</summary>
    public required int LogitRows { get; init; }

    /// <summary>Most tokens of one pass in decode's order.</summary>
    public required int DecodeRows { get; init; }

    /// <summary>Bytes for conversations that the class's MaxMemory leaves beside the weights; null where it states none.</summary>
    public long? CacheMemory { get; init; }

    /// <summary>The same of a class's trainer, which has so many tokens' logits in memory at once.</summary>
    public EngineTraits ForTrainer(int logitRows) => new()
    {
        ClassName = ClassName,
        Shape = Shape,
        Layout = Layout,
        Emitted = Emitted,
        InstructionSet = InstructionSet,
        PrefillChunk = PrefillChunk,
        LogitRows = logitRows,
        DecodeRows = DecodeRows,
    };

    // Callers know the class, not what it holds.
    internal ObjectDisposedException Disposed() => new(ClassName);

    internal void EnsureSupported()
    {
        if (InstructionSet is null)
            throw new PlatformNotSupportedException($"{ClassName} was compiled for {Emitted}, and this machine has none of them.");
    }
}
