using System.Collections.Generic;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Answers;

/// <summary>What a request of any API asks for.</summary>
internal sealed record AnswerRequest(ServedModel Model, IReadOnlyList<ChatMessage> Messages, ChatOptions Options)
{
    /// <summary>Number of answers.</summary>
    public int Choices { get; init; } = 1;
}
