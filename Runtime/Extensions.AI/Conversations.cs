using System;
using System.Collections.Generic;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI;

/// <summary>The messages of conversations that are kept under their ids.</summary>
internal sealed class Conversations(int most)
{
    private readonly Dictionary<string, List<ChatMessage>> _kept = new(StringComparer.Ordinal);

    /// <summary>What was said so far: nothing where a conversation begins.</summary>
    /// <exception cref="InvalidOperationException">There are as many as there may be.</exception>
    public IReadOnlyList<ChatMessage> Get(string id)
    {
        lock (_kept)
        {
            if (_kept.TryGetValue(id, out List<ChatMessage>? messages))
                return [.. messages];
            return _kept.Count < most ? [] : throw new InvalidOperationException(
                $"{_kept.Count} conversations are kept, and {nameof(LlamaChatClientOptions.MaxConversations)} = {most}: "
                    + $"end one before {id} can begin.");
        }
    }

    /// <summary>Goes on with a conversation by a request and its answer.</summary>
    public void Add(string id, IReadOnlyList<ChatMessage> messages, ChatMessage answer)
    {
        lock (_kept)
        {
            if (!_kept.TryGetValue(id, out List<ChatMessage>? kept))
                _kept.Add(id, kept = []);
            foreach (ChatMessage message in messages)
                kept.Add(message.Clone());
            kept.Add(answer);
        }
    }

    /// <summary>Forgets one.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(string id)
    {
        lock (_kept)
            return _kept.Remove(id);
    }
}
