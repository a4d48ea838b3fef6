using System.Collections.Generic;
using System.Text.Json;
using Llamalith.Constraints;
using Llamalith.Generation;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI.Requests;

/// <summary>A request that makes sense, apart from how long its prompt will be.</summary>
internal sealed record ChatRequest
{
    /// <summary>The new messages.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>What stands before all messages; null for nothing.</summary>
    public string? Instructions { get; init; }

    /// <summary>The kept conversation that they go on with; null for none.</summary>
    public string? ConversationId { get; init; }

    /// <summary>The tools that the model may call; none where it may not.</summary>
    public required IReadOnlyList<Tool> Tools { get; init; }

    /// <summary>
    /// The tools' names as they may be written; null where there is only one to choose, and until the request is known to fit.
    /// </summary>
    public Constraint? Names { get; init; }

    /// <summary>Whether a tool must be called.</summary>
    public bool RequiresCall { get; init; }

    /// <summary>Whether several calls may follow each other.</summary>
    public bool AllowsSeveralCalls { get; init; }

    /// <summary>The schema of the answer; null for any text.</summary>
    public string? Schema { get; init; }

    /// <summary>Texts before which the answer ends.</summary>
    public required IReadOnlyList<string> Stops { get; init; }

    /// <summary>How tokens are chosen, and how many.</summary>
    public required GenerationOptions Generation { get; init; }

    /// <summary>Variables of the template.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Variables { get; init; }

    /// <summary>Whether reasoning is part of the response.</summary>
    public bool ShowsReasoning { get; init; } = true;

    /// <summary>What the answer must be; null for any text.</summary>
    public Constraint? Answer { get; init; }
}
