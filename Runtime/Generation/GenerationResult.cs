namespace Llamalith.Generation;

/// <summary>A text, all of it.</summary>
/// <param name="Text">The text.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Usage">What it took.</param>
public sealed record GenerationResult(string Text, FinishReason FinishReason, GenerationUsage Usage);
