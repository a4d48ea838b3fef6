using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Generation;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Answers;

/// <summary>Has requests answered, whichever API they came by.</summary>
internal static class Answering
{
    /// <summary>The answers, one after the other, piece by piece. They have a place while they are read.</summary>
    /// <exception cref="ApiException">There is no place.</exception>
    public static async IAsyncEnumerable<AnswerPiece> AnswerAsync(
        this ApiCall call, AnswerRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        long start = Stopwatch.GetTimestamp();
        LlamaServer server = call.Server;
        if (server.Options.MaxAnswerTokens is { } most && (request.Options.MaxOutputTokens ??= most) > most)
        {
            throw new ApiException(
                400, $"{request.Options.MaxOutputTokens} tokens are asked for, but this server gives {most} at most.", "max_tokens");
        }
        using IDisposable place = await server.Gate.EnterAsync(call.Cancellation).ConfigureAwait(false);
        for (int choice = 0; choice < request.Choices; choice++)
        {
            long begun = 0;
            ChatOptions options = request.Options.Clone();
            if (options.Seed is { } seed)
                options.Seed = unchecked(seed + choice);
            await foreach (AnswerPiece piece in OneAsync(request, options, choice, call.Cancellation).ConfigureAwait(false))
            {
                if (begun == 0)
                    begun = Stopwatch.GetTimestamp();
                call.Clock.Begun();
                if (piece.Ending is { } ending)
                {
                    server.Metrics.Answered(
                        ending.Usage, Stopwatch.GetElapsedTime(start, begun), Stopwatch.GetElapsedTime(start));
                }
                yield return piece;
            }
            start = Stopwatch.GetTimestamp();
        }
    }

    private static async IAsyncEnumerable<AnswerPiece> OneAsync(
        AnswerRequest request, ChatOptions options, int choice, [EnumeratorCancellation] CancellationToken cancellation)
    {
        TextJoiner text = default, thoughts = default;
        UsageDetails? usage = null;
        GenerationUsage? timings = null;
        ChatFinishReason? reason = null;
        bool called = false;
        IAsyncEnumerable<ChatResponseUpdate> updates =
            request.Model.Client.GetStreamingResponseAsync(request.Messages, options, cancellation);
        await foreach (ChatResponseUpdate update in updates.WithCancellation(cancellation).ConfigureAwait(false))
        {
            reason = update.FinishReason ?? reason;
            timings = update.RawRepresentation as GenerationUsage? ?? timings;
            foreach (AIContent content in update.Contents)
            {
                switch (content)
                {
                    case TextReasoningContent thought when thoughts.Add(thought.Text) is { Length: > 0 } shown:
                        yield return new AnswerPiece(choice, PieceKind.Reasoning, shown);
                        break;
                    case TextContent said when text.Add(said.Text) is { Length: > 0 } shown:
                        yield return new AnswerPiece(choice, PieceKind.Text, shown);
                        break;
                    case FunctionCallContent function:
                        called = true;
                        yield return new AnswerPiece(choice, PieceKind.Call, Call: function);
                        break;
                    case UsageContent used:
                        if (usage is null)
                            usage = used.Details;
                        else
                            usage.Add(used.Details);
                        break;
                    default:
                        break;
                }
            }
        }
        if (thoughts.End() is { Length: > 0 } lastThought)
            yield return new AnswerPiece(choice, PieceKind.Reasoning, lastThought);
        if (text.End() is { Length: > 0 } last)
            yield return new AnswerPiece(choice, PieceKind.Text, last);
        reason ??= called ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        yield return new AnswerPiece(choice, PieceKind.End, Ending: new AnswerEnd(reason.Value, usage, timings));
    }
}
