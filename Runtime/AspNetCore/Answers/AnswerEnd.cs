using Llamalith.Generation;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Answers;

/// <summary>How an answer ended, and what it took.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Usage">Its tokens; null where the client does not count them.</param>
/// <param name="Timings">Its times; null where the client does not take them.</param>
internal sealed record AnswerEnd(ChatFinishReason Reason, UsageDetails? Usage, GenerationUsage? Timings);
