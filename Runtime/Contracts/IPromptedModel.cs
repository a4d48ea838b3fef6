using System;

namespace Llamalith.Contracts;

/// <summary>An engine with prompts that the build has prefilled (<see cref="PromptAttribute"/>).</summary>
public interface IPromptedModel : ILlamaModel
{
    /// <summary>The prompts, in the order of their attributes.</summary>
    ReadOnlySpan<BakedPrompt> BakedPrompts { get; }

    /// <summary>
    /// Makes the current conversation one that consists of the prompt; what it held is forgotten. It costs a copy of the prompt's keys and
    /// values.
    /// </summary>
    /// <exception cref="ArgumentException">The prompt is another class's.</exception>
    /// <exception cref="ModelMismatchException">The weights that are loaded are not those that the prompt was prefilled with.</exception>
    /// <exception cref="ModelFormatException">The prompt is damaged; the conversation is empty then.</exception>
    void Begin(BakedPrompt prompt);
}
