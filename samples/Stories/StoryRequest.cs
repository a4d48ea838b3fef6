using Llamalith.Sampling;

namespace Llamalith.Stories;

/// <summary>What the command line asks for.</summary>
/// <param name="ModelPath">The checkpoint; null: the model that is built in.</param>
/// <param name="TokenizerPath">Its tokenizer; null: the one beside it, or in it.</param>
/// <param name="Wish">What the model is asked for in a chat; null: nothing, it goes on with the prompt.</param>
/// <param name="System">How all wishes are to be answered; null for no matter how.</param>
/// <param name="Prompt">How the story begins; null or empty: from nothing.</param>
/// <param name="MaxTokens">Most new tokens.</param>
/// <param name="Threads">Threads that run the model.</param>
/// <param name="Sampling">How tokens are chosen.</param>
internal sealed record StoryRequest(
    string? ModelPath, string? TokenizerPath, string? Wish, string? System, string? Prompt, int MaxTokens, int Threads,
    SamplingOptions Sampling);
