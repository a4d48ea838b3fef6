using System;
using System.Collections.Generic;
using System.Text.Json;
using Llamalith.Sampling;

namespace Llamalith.Extensions.AI;

/// <summary>What a chat client does where a request says nothing.</summary>
public sealed record LlamaChatClientOptions
{
    /// <summary>What the model is called in responses and metadata; default null: the name of its class.</summary>
    public string? ModelId { get; init; }

    /// <summary>How tokens are chosen where a request says nothing; default: drawn from the model's own distribution.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>
    /// Most tokens of an answer where a request says nothing; default null: until the model ends it or the context is full.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public int? MaxOutputTokens
    {
        get;
        init => field = value is null or > 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxOutputTokens), value, $"{nameof(MaxOutputTokens)} must be above 0.");
    }

    /// <summary>
    /// The chat template, as Jinja; default null: the model's own. Where it brings none, a vocabulary of Llama 2's kind gets
    /// Llama-2-Chat's, and any
    /// other is refused.
    /// </summary>
    public string? ChatTemplate { get; init; }

    /// <summary>More variables of the template, such as `enable_thinking`.</summary>
    public IReadOnlyDictionary<string, JsonElement>? TemplateVariables { get; init; }

    /// <summary>
    /// Whether JSON that is held to a schema is written in one plain form, without white space; default true, since a small model may go on
    /// with white
    /// space for ever.
    /// </summary>
    public bool PlainJson { get; init; } = true;

    /// <summary>
    /// Most conversations that are kept under their ids; default 1024. One more is refused until <see
    /// cref="LlamaChatClient.EndConversation"/> has ended one.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int MaxConversations
    {
        get;
        init => field = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxConversations), value, $"{nameof(MaxConversations)} must be 0 or more.");
    } = 1024;

    /// <summary>What the template's clock says; default: the local time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
