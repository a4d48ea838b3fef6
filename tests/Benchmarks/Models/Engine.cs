using System;
using System.Collections.Generic;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks.Models;

/// <summary>The engines that can be timed, by name.</summary>
internal static class Engine
{
    private static readonly Dictionary<string, Func<int, ILlamaModel>> s_loaders = new()
    {
        ["260K, all of it"] = Workload.LoadStories260K,
        ["15M, all of it"] = Workload.Load<Stories15M>,
        ["TinyLlama, 2 layers"] = Workload.Load<TinyLlamaLayers>,
        ["7B, 1 layer"] = Workload.Load<Llama7BLayer>,
    };

    public static IEnumerable<string> Names => s_loaders.Keys;

    public static ILlamaModel Load(string name, int threads) => s_loaders[name](threads);

    /// <summary>Decodes the tokens from an empty cache on.</summary>
    public static float Decode(ILlamaModel model, ReadOnlySpan<int> tokens)
    {
        model.Truncate(0);
        float sum = 0;
        foreach (int token in tokens)
            sum += model.Decode(token)[0];
        return sum;
    }

    /// <summary>Throws where decoding allocates.</summary>
    public static void AssertNoAllocation(ILlamaModel model, ReadOnlySpan<int> tokens)
    {
        // A collection in between takes this thread's allocation buffer away, which counts as allocated: the least of some tries.
        long least = long.MaxValue;
        for (int run = 0; run < 4 && least > 0; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Decode(model, tokens);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        if (least != 0)
            throw new InvalidOperationException($"Decoding {tokens.Length} tokens allocated {least} bytes; it must allocate none.");
    }
}
