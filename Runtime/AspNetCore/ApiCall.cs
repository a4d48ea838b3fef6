using System;
using System.Buffers;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Limits;
using Llamalith.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;

namespace Llamalith.AspNetCore;

/// <summary>One request on its way.</summary>
internal sealed class ApiCall(LlamaServer server, HttpContext context, IApiForm form, RequestClock clock)
{
    private EventStream? _stream;

    public LlamaServer Server { get; } = server;

    public HttpContext Context { get; } = context;

    public RequestClock Clock { get; } = clock;

    public CancellationToken Cancellation => Clock.Token;

    /// <summary>The body, which the caller disposes of.</summary>
    public Task<JsonDocument> ReadAsync() => RequestBody.ReadAsync(Context.Request, Server.Options.MaxBodyBytes, Cancellation);

    /// <summary>Answers with an object.</summary>
    public Task WriteAsync(Action<Utf8JsonWriter> write) => WriteAsync(Context.Response, 200, write, Cancellation);

    /// <summary>Sends a piece of the answer.</summary>
    public Task SendAsync(Action<Utf8JsonWriter> write, string? name = null) => Stream.SendAsync(write, name, Cancellation);

    /// <summary>Ends a stream as OpenAI's clients expect it.</summary>
    public Task DoneAsync() => Stream.DoneAsync(Cancellation);

    /// <summary>Tells of an error: as the answer, or within one that has begun.</summary>
    public Task FailAsync(ApiException error)
    {
        // The request's own time may be over.
        CancellationToken cancellation = Context.RequestAborted;
        if (Context.Response.HasStarted)
            return Stream.SendAsync(writer => form.WriteError(writer, error), form.ErrorEvent, cancellation);
        if (error.RetryAfter is { } seconds)
            Context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (error.Status == 401)
            Context.Response.Headers.WWWAuthenticate = "Bearer";
        return WriteAsync(Context.Response, error.Status, writer => form.WriteError(writer, error), cancellation);
    }

    private EventStream Stream => _stream ??= new EventStream(Context.Response, form.SendsLines);

    private static async Task WriteAsync(HttpResponse response, int status, Action<Utf8JsonWriter> write, CancellationToken cancellation)
    {
        ArrayBufferWriter<byte> buffer = new();
        await using (Utf8JsonWriter writer = new(buffer, EventStream.Writing))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = buffer.WrittenCount;
        await response.Body.WriteAsync(buffer.WrittenMemory, cancellation).ConfigureAwait(false);
    }
}
