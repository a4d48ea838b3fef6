using System;
using System.Collections.Generic;
using Llamalith.Contracts;

namespace Llamalith.Tools;

/// <summary>The shapes of published models, by name.</summary>
public static class ModelPresets
{
    private static readonly KeyValuePair<string, ModelShape>[] Shapes =
    [
        new("llama2-7b", Llama2(dim: 4096, ffn: 11008, layers: 32, heads: 32, kvHeads: 32)),
        new("llama2-13b", Llama2(dim: 5120, ffn: 13824, layers: 40, heads: 40, kvHeads: 40)),
        new("llama2-70b", Llama2(dim: 8192, ffn: 28672, layers: 80, heads: 64, kvHeads: 8)),
        new("tinyllama-1.1b", Llama2(dim: 2048, ffn: 5632, layers: 22, heads: 32, kvHeads: 4, context: 2048)),
        new("stories15m", Llama2(dim: 288, ffn: 768, layers: 6, heads: 6, kvHeads: 6, context: 256, tied: true)),
        new("stories110m", Llama2(dim: 768, ffn: 2048, layers: 12, heads: 12, kvHeads: 12, context: 1024, tied: true)),
    ];

    /// <summary>All of them, smallest layers last.</summary>
    public static IReadOnlyList<KeyValuePair<string, ModelShape>> All => Shapes;

    /// <summary>Looks a shape up by its name, in upper or lower case.</summary>
    public static bool TryGet(string name, out ModelShape shape)
    {
        foreach ((string key, ModelShape candidate) in Shapes)
        {
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
            {
                shape = candidate;
                return true;
            }
        }

        shape = null!;
        return false;
    }

    private static ModelShape Llama2(
        int dim, int ffn, int layers, int heads, int kvHeads, int context = 4096, bool tied = false) => ShapeProperties.WithDefaults(new()
    {
        Dim = dim,
        FfnDim = ffn,
        Layers = layers,
        Heads = heads,
        KvHeads = kvHeads,
        HeadDim = dim / heads,
        VocabSize = 32000,
        Context = context,
        TiedEmbeddings = tied,
    });
}
