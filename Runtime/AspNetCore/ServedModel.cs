using System;
using System.Collections.Generic;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore;

/// <summary>A model that a server offers.</summary>
/// <param name="id">What requests call it.</param>
/// <param name="client">What answers.</param>
public sealed class ServedModel(string id, IChatClient client)
{
    /// <summary>What requests call it.</summary>
    public string Id { get; } = id ?? throw new ArgumentNullException(nameof(id));

    /// <summary>What answers.</summary>
    public IChatClient Client { get; } = client ?? throw new ArgumentNullException(nameof(client));

    /// <summary>Other names that requests may call it by.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What makes its embeddings; default null: it gives none.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UtcNow;
}
