using System;
using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Http;

namespace Llamalith.AspNetCore.Requests;

/// <summary>Reads the JSON of a request: no more than is allowed, and nothing that a later reader of its texts stumbles over.</summary>
internal static class RequestBody
{
    private const int MaxDepth = 128;

    /// <summary>The body, which must be an object. The caller disposes of the document.</summary>
    /// <exception cref="ApiException">It is too large, or no JSON object.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpRequest request, long mostBytes, CancellationToken cancellation)
    {
        if (request.ContentLength > mostBytes)
            throw TooLarge(mostBytes);
        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (result.Buffer.Length > mostBytes)
                throw TooLarge(mostBytes);
            if (!result.IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }
            byte[] bytes = result.Buffer.ToArray();
            reader.AdvanceTo(result.Buffer.End);
            return Parse(bytes);
        }
    }

    /// <summary>Reads a body.</summary>
    /// <exception cref="ApiException">It is no JSON object.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        if (!Utf8.IsValid(utf8.Span))
            throw new ApiException(400, "The body is not valid UTF-8.");
        JsonDocument? document = null;
        try
        {
            CheckEscapes(utf8.Span);
            document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
            _ = Fields.Of(document.RootElement);
            return document;
        }
        catch (JsonException e)
        {
            throw new ApiException(400, $"The body is not valid JSON: {e.Message}");
        }
        catch
        {
            document?.Dispose();
            throw;
        }
    }

    // "\ud800" alone is valid JSON, but no text: reading it would throw, wherever it is read.
    private static void CheckEscapes(ReadOnlySpan<byte> utf8)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped)
                continue;
            char[] room = ArrayPool<char>.Shared.Rent(reader.ValueSpan.Length);
            try
            {
                reader.CopyString(room);
            }
            catch (InvalidOperationException)
            {
                throw new ApiException(400, "The body has an escape of half a surrogate pair, which is no text.");
            }
            finally
            {
                ArrayPool<char>.Shared.Return(room);
            }
        }
    }

    private static ApiException TooLarge(long mostBytes) =>
        new(413, $"The body is larger than the {mostBytes} bytes that this server reads.", code: "request_too_large");
}
