using System;
using System.Collections.Generic;
using Llamalith.Constraints;
using Llamalith.Sampling;

namespace Llamalith.Generation;

/// <summary>What to generate, and how long.</summary>
public sealed record GenerationOptions
{
    /// <summary>
    /// Most tokens to generate, those of the prompt not counted; default null: until the model ends the text or the context is full.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int? MaxTokens
    {
        get;
        init => field = value is null or >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(MaxTokens), value, $"{nameof(MaxTokens)} must be 0 or more.");
    }

    /// <summary>How tokens are chosen; default null: as the generator was told.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>
    /// Generation ends before the first of these texts, wherever the borders of the tokens lie. Text that may yet become one is
    /// held back until that is clear. What the prompt says does not count.
    /// </summary>
    /// <exception cref="ArgumentException">One of them is empty.</exception>
    public IReadOnlyList<string> StopStrings
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(StopStrings));
            foreach (string stop in value)
                if (string.IsNullOrEmpty(stop))
                    throw new ArgumentException("A stop string must not be empty.", nameof(StopStrings));
            field = value;
        }
    } = [];

    /// <summary>
    /// Tokens at which generation ends, beside those at which a text ends by itself (<see cref="Tokenization.Tokenizer.Ends"/>).
    /// </summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>
    /// What the text must be; default null: anything. It ends as soon as it is complete and nothing may follow. What ends it before (<see
    /// cref="MaxTokens"/>,
    /// stop strings and stop tokens, a full context) leaves the beginning of such a text.
    /// </summary>
    public Constraint? Constraint { get; init; }

    /// <summary>
    /// Of how many of the likeliest tokens <see cref="TextGeneration.LogProbs"/> is told besides the chosen one; default null: nothing is.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or above 100.</exception>
    public int? TopLogProbs
    {
        get;
        init => field = value is null or (>= 0 and <= 100)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(TopLogProbs), value, $"{nameof(TopLogProbs)} must be 0 to 100.");
    }

    /// <summary>Whether the text begins with the prompt's; default false.</summary>
    public bool EchoPrompt { get; init; }

    /// <summary>Whether BOS comes before a prompt that is given as text; default null: as the tokenizer says.</summary>
    public bool? AddBos { get; init; }

    /// <summary>
    /// Whether names of control tokens in a prompt that is given as text, as in "&lt;|eot_id|&gt;", are these tokens; default false: they
    /// are text. Leave it off for prompts with text of strangers in them.
    /// </summary>
    public bool ParseSpecial { get; init; }

    /// <summary>
    /// Whether the beginning that a prompt has in common with what is in the model's KV cache is left there instead of being
    /// computed again; default true. A conversation then costs only its new turns. Logits may differ in the last digits from
    /// those of a fresh start.
    /// </summary>
    public bool ReuseCache { get; init; } = true;
}
