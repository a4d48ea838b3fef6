using Llamalith.Gguf;

namespace Llamalith.Checkpoints;

/// <summary>A checkpoint in a GGUF container, whose metadata may carry a tokenizer.</summary>
public interface IGgufContainer
{
    /// <summary>The container, with its metadata.</summary>
    GgufFile File { get; }
}
