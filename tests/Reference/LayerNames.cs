namespace Llamalith.Reference;

/// <summary>
/// GGUF's names of a layer's tensors, behind blk.{layer}, spelled out: what tests compare with must not follow the compiler's table.
/// </summary>
public static class LayerNames
{
    public const string AttentionNorm = "attn_norm.weight";
    public const string Query = "attn_q.weight";
    public const string Key = "attn_k.weight";
    public const string Value = "attn_v.weight";
    public const string QueryBias = "attn_q.bias";
    public const string KeyBias = "attn_k.bias";
    public const string ValueBias = "attn_v.bias";
    public const string AttentionOutput = "attn_output.weight";
    public const string FfnNorm = "ffn_norm.weight";
    public const string Gate = "ffn_gate.weight";
    public const string Up = "ffn_up.weight";
    public const string Down = "ffn_down.weight";
}
