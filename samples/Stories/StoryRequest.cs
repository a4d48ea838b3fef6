using Llamalith.Sampling;

namespace Llamalith.Stories;

/// <summary>What the command line asks for.</summary>
/// <param name="ModelPath">The checkpoint.</param>
/// <param name="TokenizerPath">Its tokenizer; null: the one beside it.</param>
/// <param name="Prompt">How the story begins; null or empty: from nothing.</param>
/// <param name="MaxTokens">Most new tokens.</param>
/// <param name="Threads">Threads that run the model.</param>
/// <param name="Sampling">How tokens are chosen.</param>
internal sealed record StoryRequest(string ModelPath, string? TokenizerPath, string? Prompt, int MaxTokens, int Threads, SamplingOptions Sampling);
