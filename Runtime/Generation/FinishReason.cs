namespace Llamalith.Generation;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>It has not ended, or an exception ended it.</summary>
    None = 0,

    /// <summary>The model ended the text, or a stop string came.</summary>
    Stop = 1,

    /// <summary>As many tokens as were asked for were generated.</summary>
    Length = 2,

    /// <summary>The model's context has no room for another token.</summary>
    ContextFull = 3,

    /// <summary>It was cancelled.</summary>
    Cancelled = 4,
}
