namespace Llamalith;

/// <summary>Where a layer has its norms.</summary>
public enum NormPlacement
{
    /// <summary>Before attention and before the feed-forward network: Llama and most others.</summary>
    Before = 0,

    /// <summary>After each of them, before what they give is added to the residual stream: OLMo 2, EXAONE 4.</summary>
    After = 1,

    /// <summary>In both places: Gemma 2 and 3.</summary>
    Both = 2,
}
