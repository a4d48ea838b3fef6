using System;

namespace Llamalith.Generation;

/// <summary>What a generation took.</summary>
public readonly record struct GenerationUsage
{
    /// <summary>Tokens in the prompt.</summary>
    public int PromptTokens { get; init; }

    /// <summary>How many of them were in the KV cache already.</summary>
    public int CachedPromptTokens { get; init; }

    /// <summary>Tokens generated; a token that ended the text is not counted.</summary>
    public int GeneratedTokens { get; init; }

    /// <summary>Time that the model took for the prompt.</summary>
    public TimeSpan PromptTime { get; init; }

    /// <summary>Time from the start of the prompt until the first token was chosen.</summary>
    public TimeSpan TimeToFirstToken { get; init; }

    /// <summary>
    /// Time for all the tokens after the first: in the model, in the sampler and in making text of them, not in what the caller does
    /// between.
    /// </summary>
    public TimeSpan DecodeTime { get; init; }

    /// <summary>Tokens of the prompt, those in the cache not counted, a second; 0 where there was nothing to time.</summary>
    public double PromptTokensPerSecond => PerSecond(PromptTokens - CachedPromptTokens, PromptTime);

    /// <summary>Tokens after the first a second; 0 where there was nothing to time.</summary>
    public double DecodeTokensPerSecond => PerSecond(GeneratedTokens - 1, DecodeTime);

    private static double PerSecond(int tokens, TimeSpan time) => tokens > 0 && time > TimeSpan.Zero ? tokens / time.TotalSeconds : 0;
}
