using System;

namespace Llamalith.Generator.Spec;

/// <summary>The sizes of published models, as their authors' configuration files state them.</summary>
internal static class Presets
{
    /// <summary>
    /// What a preset gives; nothing for <see cref="LlamaPreset.None"/>. A multi-head model leaves KvHeads open, so that it follows
    /// an overridden number of heads.
    /// </summary>
    public static PresetSizes Of(LlamaPreset preset) => preset switch
    {
        LlamaPreset.None => new PresetSizes(),
        LlamaPreset.Llama2_7B => Llama2 with { Dim = 4096, FfnDim = 11008, Layers = 32, Heads = 32 },
        LlamaPreset.Llama2_13B => Llama2 with { Dim = 5120, FfnDim = 13824, Layers = 40, Heads = 40 },
        LlamaPreset.Llama2_70B => Llama2 with { Dim = 8192, FfnDim = 28672, Layers = 80, Heads = 64, KvHeads = 8 },
        LlamaPreset.TinyLlama1_1B => Llama2 with { Dim = 2048, FfnDim = 5632, Layers = 22, Heads = 32, KvHeads = 4, Context = 2048 },
        _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "No such preset."),
    };

    private static PresetSizes Llama2 { get; } = new() { VocabSize = 32000, Context = 4096 };
}

/// <summary>The hyperparameters a preset fixes; the others keep the attribute's own defaults, which are Llama 2's.</summary>
internal sealed record PresetSizes
{
    public int? Dim { get; init; }

    public int? FfnDim { get; init; }

    public int? Layers { get; init; }

    public int? Heads { get; init; }

    public int? KvHeads { get; init; }

    public int? VocabSize { get; init; }

    public int? Context { get; init; }
}
