using System;
using System.Collections.Generic;

namespace Llamalith.AspNetCore;

/// <summary>What a server allows. Null is no limit.</summary>
public sealed record LlamaServerOptions
{
    /// <summary>Keys of which a request must bring one, as a bearer token or as x-api-key; default: none is needed.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>Most bytes of a request's body; default 16 MiB.</summary>
    public long MaxBodyBytes { get; init; } = 16 << 20;

    /// <summary>Most tokens that a request may ask for, and that one gets which asks for none; default null.</summary>
    public int? MaxAnswerTokens { get; init; }

    /// <summary>Most answers to one request (`n`); default 8.</summary>
    public int MaxChoices { get; init; } = 8;

    /// <summary>Requests that are answered at once; default 1, as a model makes one answer after the other.</summary>
    public int MaxRunning { get; init; } = 1;

    /// <summary>Requests that wait for their turn; default 64. One more gets status 429.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>Longest time until the first token, waiting included; default 10 minutes.</summary>
    public TimeSpan? FirstTokenTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest time of a request in all; default null.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>How long answers may go on once the server is told to stop; default 20 seconds. The host's own ShutdownTimeout must be
    /// longer.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(20);
}
