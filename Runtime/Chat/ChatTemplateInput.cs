using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Llamalith.Chat;

/// <summary>
/// What a chat template is given. All strings but the marks' names count as text from outside, which never becomes a control token.
/// </summary>
public sealed record ChatTemplateInput
{
    /// <summary>
    /// The conversation: an array of objects with `role` and `content`, as the templates know them. They are given as they stand.
    /// </summary>
    public required JsonElement Messages { get; init; }

    /// <summary>The tools that the model may call, an array in the form of OpenAI's API; null for none.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether the text ends with the beginning of the model's answer. Default true.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>More variables, such as `enable_thinking`. They go before all others of the same name.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Variables { get; init; }

    /// <summary>What the template calls `bos_token`; null for undefined.</summary>
    public string? BosToken { get; init; }

    /// <summary>What the template calls `eos_token`; null for undefined.</summary>
    public string? EosToken { get; init; }

    /// <summary>What the template calls `unk_token`; null for undefined.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>What the template calls `pad_token`; null for undefined.</summary>
    public string? PaddingToken { get; init; }

    /// <summary>What `strftime_now` says; null for the local time.</summary>
    public DateTime? Now { get; init; }

    /// <summary>What the template may spend.</summary>
    public ChatTemplateLimits Limits { get; init; } = ChatTemplateLimits.Default;
}
