using System;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Cli.Peer;

/// <summary>llama.cpp as an engine to measure beside others.</summary>
internal static class PeerSource
{
    /// <summary>An engine source over installed libraries.</summary>
    /// <param name="libraries">Where llama.cpp lies.</param>
    /// <param name="path">The GGUF file.</param>
    /// <param name="cache">Element type of the KV cache.</param>
    /// <param name="flashAttention">On, off, or null for the faster of both.</param>
    /// <exception cref="CliException">The libraries cannot be loaded, or are another build than the known one.</exception>
    public static EngineSource Create(PeerLibraries libraries, string path, PeerCacheFormat cache, bool? flashAttention)
    {
        // Loaded here, so that its code is not taken for the memory that a model needs.
        LlamaCpp api = LlamaCpp.Open(libraries);
        return new(PeerEngine.EngineName, (plan, threads) => PeerEngine.Load(api, path, new PeerOptions
        {
            Threads = threads,
            Context = plan.Positions,
            Cache = cache,
            FlashAttention = flashAttention,
            Trial = TrialFor(plan),
        }));
    }

    /// <summary>
    /// The plan in small: enough to tell flash attention on from off, at no more than about the cost of one repetition. Attention's
    /// share grows with the depth in the same way for both, so a quarter of the longest context tells which is faster there.
    /// </summary>
    internal static PeerTrial TrialFor(BenchPlan plan) => new()
    {
        Depth = Math.Min(plan.Depth, 1024),
        Prompt = Math.Min(plan.PromptTokens, 128),
        Decode = Math.Min(plan.GeneratedTokens, 32),
    };
}
