using System;
using System.Threading;

namespace Llamalith.AspNetCore.Limits;

/// <summary>What ends a request before its answer does: its client, its time, or the server.</summary>
internal sealed class RequestClock : IDisposable
{
    private readonly CancellationTokenSource _first = new(), _all = new(), _linked;
    private readonly LlamaServerOptions _options;
    private readonly CancellationToken _client, _server;

    /// <param name="options">How long requests may take.</param>
    /// <param name="client">Cancelled where the client has gone.</param>
    /// <param name="server">Cancelled where the server cuts answers.</param>
    public RequestClock(LlamaServerOptions options, CancellationToken client, CancellationToken server)
    {
        (_options, _client, _server) = (options, client, server);
        if (options.FirstTokenTimeout is { } first)
            _first.CancelAfter(first);
        if (options.RequestTimeout is { } all)
            _all.CancelAfter(all);
        _linked = CancellationTokenSource.CreateLinkedTokenSource([client, server, _first.Token, _all.Token]);
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>The first token has come.</summary>
    public void Begun() => _first.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Why the token was cancelled; null where nobody is there to be told.</summary>
    public ApiException? Reason => _client.IsCancellationRequested ? null
        : _server.IsCancellationRequested ? new ApiException(503, "The server is shutting down.", code: "shutting_down")
        : _first.IsCancellationRequested ? Late("The first token", _options.FirstTokenTimeout)
        : Late("The answer", _options.RequestTimeout);

    public void Dispose()
    {
        _linked.Dispose();
        _first.Dispose();
        _all.Dispose();
    }

    private static ApiException Late(string what, TimeSpan? limit) =>
        new(504, $"{what} took longer than the {limit?.TotalSeconds} s that this server gives it.", code: "timeout");
}
