namespace Llamalith;

/// <summary>What of queries and keys is normalised, by RMSNorm with weights of its own, before the rotary embedding.</summary>
public enum QkNorm
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Each head by itself, all with the same HeadDim weights: Qwen 3, Gemma 3.</summary>
    Head = 1,

    /// <summary>The whole projection at once: OLMo 2.</summary>
    Projection = 2,
}
