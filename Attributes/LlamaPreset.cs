namespace Llamalith;

/// <summary>Published models: one word gives every hyperparameter, and each can still be overridden.</summary>
public enum LlamaPreset
{
    /// <summary>No preset: the sizes are spelled out.</summary>
    None = 0,

    /// <summary>Llama 2 7B: dim 4096, ffn 11008, 32 layers, 32 heads, multi-head attention.</summary>
    Llama2_7B = 1,

    /// <summary>Llama 2 13B: dim 5120, ffn 13824, 40 layers, 40 heads, multi-head attention.</summary>
    Llama2_13B = 2,

    /// <summary>Llama 2 70B: dim 8192, ffn 28672, 80 layers, 64 heads over 8 KV heads.</summary>
    Llama2_70B = 3,

    /// <summary>TinyLlama 1.1B: dim 2048, ffn 5632, 22 layers, 32 heads over 4 KV heads, context 2048.</summary>
    TinyLlama1_1B = 4,
}
