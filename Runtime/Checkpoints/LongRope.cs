namespace Llamalith.Checkpoints;

/// <summary>How GGUF files say LongRoPE.</summary>
internal static class LongRope
{
    /// <summary>The tensors with what each pair's frequency is divided by, in long and in short contexts.</summary>
    public const string LongFactors = "rope_factors_long.weight", ShortFactors = "rope_factors_short.weight";

    /// <summary>The key of what rotated queries and keys are multiplied by, behind the architecture.</summary>
    public const string AttentionFactor = "rope.scaling.attn_factor";
}
