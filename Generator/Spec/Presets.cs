using System.Linq;

namespace Llamalith.Generator.Spec;

/// <summary>The sizes of published models, as their authors' configuration files state them.</summary>
internal static class Presets
{
    /// <summary>
    /// What a preset gives; nothing for <see cref="LlamaPreset.None"/> and for what is no preset. The other hyperparameters keep the
    /// attribute's own defaults, which are Llama 2's. A multi-head model leaves KvHeads open, so that it follows an overridden number of
    /// heads.
    /// </summary>
    public static WrittenValues Of(LlamaPreset preset) => preset switch
    {
        LlamaPreset.Llama2_7B => Llama2(("Dim", 4096), ("FfnDim", 11008), ("Layers", 32), ("Heads", 32)),
        LlamaPreset.Llama2_13B => Llama2(("Dim", 5120), ("FfnDim", 13824), ("Layers", 40), ("Heads", 40)),
        LlamaPreset.Llama2_70B => Llama2(("Dim", 8192), ("FfnDim", 28672), ("Layers", 80), ("Heads", 64), ("KvHeads", 8)),
        LlamaPreset.TinyLlama1_1B =>
            Llama2(("Dim", 2048), ("FfnDim", 5632), ("Layers", 22), ("Heads", 32), ("KvHeads", 4), ("Context", 2048)),
        _ => default,
    };

    private static WrittenValues Llama2(params (string Property, int Value)[] sizes) =>
        new([new("VocabSize", 32000), new("Context", 4096), .. sizes.Select(static size => new WrittenValue(size.Property, size.Value))]);
}
