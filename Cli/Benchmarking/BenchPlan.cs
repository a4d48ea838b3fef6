using System;

namespace Llamalith.Cli.Benchmarking;

/// <summary>What is measured, the same for every engine.</summary>
internal sealed record BenchPlan
{
    private const int MostCompared = 16;

    /// <summary>Tokens of the prompt; 0 measures none.</summary>
    public int PromptTokens { get; init; } = 512;

    /// <summary>Tokens decoded one by one; 0 measures none.</summary>
    public int GeneratedTokens { get; init; } = 128;

    /// <summary>Tokens in the cache before either.</summary>
    public int Depth { get; init; }

    /// <summary>Rounds, in each of which every engine takes its turn.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Tokens decoded when warming up, at which engines are compared too.</summary>
    public int ComparedTokens => Math.Min(GeneratedTokens, MostCompared);

    /// <summary>Positions that a cache must have for all of it.</summary>
    public int Positions => Depth + Math.Max(Math.Max(PromptTokens, 1) + ComparedTokens, GeneratedTokens + 1);
}
