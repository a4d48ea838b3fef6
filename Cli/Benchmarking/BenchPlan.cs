using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Cli.Benchmarking;

/// <summary>What is measured, the same for every engine.</summary>
internal sealed record BenchPlan
{
    private const int MostCompared = 16;

    /// <summary>Tokens of the prompt; 0 measures none.</summary>
    public int PromptTokens { get; init; } = 512;

    /// <summary>Tokens decoded one by one; 0 measures none.</summary>
    public int GeneratedTokens { get; init; } = 128;

    /// <summary>Numbers of tokens that are decoded at once, each measured in turn by engines that can.</summary>
    public IReadOnlyList<int> Rows { get; init; } = [];

    /// <summary>Tokens in the cache before either.</summary>
    public int Depth { get; init; }

    /// <summary>Rounds, in each of which every engine takes its turn.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Tokens decoded when warming up, at which engines are compared too.</summary>
    public int ComparedTokens => Math.Min(GeneratedTokens, MostCompared);

    /// <summary>Positions that a cache must have for all of it.</summary>
    public int Positions =>
        Depth + Math.Max(Math.Max(PromptTokens, 1) + ComparedTokens, Math.Max(GeneratedTokens, Rows.DefaultIfEmpty(0).Max()) + 1);

    /// <summary>Passes of so many tokens at once in a round: about as many tokens as are decoded one by one.</summary>
    public int PassesOf(int rows) => Math.Max(1, GeneratedTokens / rows);
}
