using System;

namespace Llamalith;

/// <summary>
/// A prompt whose keys and values the build computes and puts into the program, so that a conversation can begin behind it at once. The
/// class must have
/// <see cref="LlamaModelAttribute.EmbeddedWeights"/>, since they are those of one model's weights.
/// </summary>
/// <param name="name">A letter, then letters, digits, '-' or '_'; the class gets a property of that name in Pascal case, as in
/// Prompts.System for "system".</param>
/// <param name="text">
/// The prompt as it stands: the tokenizer puts BOS before it where the model wants that, and names of control tokens in it are these
/// tokens. No chat template is applied; for a system prompt, write the beginning of the template that the model knows.
/// </param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class PromptAttribute(string name, string text) : Attribute
{
    /// <summary>What it is called.</summary>
    public string Name { get; } = name;

    /// <summary>What it says.</summary>
    public string Text { get; } = text;
}
