using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Http;

namespace Llamalith.AspNetCore;

/// <summary>An answer that is sent piece by piece: server-sent events, or a line of JSON each.</summary>
internal sealed class EventStream(HttpResponse response, bool lines)
{
    internal static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>Sends an object.</summary>
    /// <param name="write">Writes its properties.</param>
    /// <param name="name">What kind of event it is; null for none.</param>
    /// <param name="cancellation">Ends the wait for a client that reads slowly.</param>
    public async Task SendAsync(Action<Utf8JsonWriter> write, string? name, CancellationToken cancellation)
    {
        if (!response.HasStarted)
        {
            response.ContentType = lines ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
            response.Headers.CacheControl = "no-cache";
            // Proxies of nginx's kind would keep it until it has ended.
            response.Headers["X-Accel-Buffering"] = "no";
        }
        _buffer.ResetWrittenCount();
        if (name is not null)
        {
            _buffer.Write("event: "u8);
            _buffer.Write(System.Text.Encoding.UTF8.GetBytes(name));
            _buffer.Write("\n"u8);
        }
        if (!lines)
            _buffer.Write("data: "u8);
        await using (Utf8JsonWriter writer = new(_buffer, Writing))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        _buffer.Write(lines ? "\n"u8 : "\n\n"u8);
        await response.Body.WriteAsync(_buffer.WrittenMemory, cancellation).ConfigureAwait(false);
        await response.Body.FlushAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Sends what tells OpenAI's clients that nothing follows.</summary>
    public async Task DoneAsync(CancellationToken cancellation)
    {
        await response.Body.WriteAsync("data: [DONE]\n\n"u8.ToArray(), cancellation).ConfigureAwait(false);
        await response.Body.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
