using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.AI;

namespace Llamalith.Tests;

/// <summary>A chat client that says what a test wants, and keeps what it was asked.</summary>
internal sealed class ScriptedClient(params object[] script) : IChatClient
{
    /// <summary>Cancelled waits and ended answers are counted.</summary>
    private int _running;

    public int Running => Volatile.Read(ref _running);

    public IReadOnlyList<ChatMessage> Messages { get; private set; } = [];

    public ChatOptions Options { get; private set; } = new();

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        (Messages, Options) = ([.. messages], options!);
        Interlocked.Increment(ref _running);
        try
        {
            await Task.Yield();
            foreach (object step in script)
            {
                if (step is Exception error)
                    throw error;
                if (step is TimeSpan wait)
                    await Task.Delay(wait, cancellationToken);
                else if (step is ChatFinishReason reason)
                    yield return new ChatResponseUpdate { FinishReason = reason };
                else
                    yield return new ChatResponseUpdate(ChatRole.Assistant, [step as AIContent ?? new TextContent((string)step)]);
            }
            yield return new ChatResponseUpdate(
                ChatRole.Assistant,
                [new UsageContent(new UsageDetails { InputTokenCount = 7, OutputTokenCount = 2, CachedInputTokenCount = 3 })]);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
