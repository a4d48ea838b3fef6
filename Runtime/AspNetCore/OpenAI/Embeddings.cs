using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.OpenAI;

/// <summary>/v1/embeddings.</summary>
internal static class Embeddings
{
    private const int MostTexts = 2048;

    public static async Task HandleAsync(ApiCall call)
    {
        using JsonDocument body = await call.ReadAsync().ConfigureAwait(false);
        Fields request = Fields.Of(body.RootElement);
        ServedModel model = await call.Server.ModelAsync(request.Text("model"), call.Cancellation).ConfigureAwait(false);
        bool base64 = request.Word("encoding_format", "float", "base64") == "base64";
        List<string> texts = [.. request.Texts("input")];
        if (texts.Count is 0 or > MostTexts)
            throw ApiException.BadField("input", $"input has {texts.Count} texts, but must have 1 to {MostTexts}.");
        if (model.Embeddings is not { } generator)
            throw new ApiException(501, $"The model {model.Id} gives no embeddings.", "model", "unsupported");
        EmbeddingGenerationOptions options = new() { Dimensions = (int?)request.Whole("dimensions", 1, int.MaxValue) };
        GeneratedEmbeddings<Embedding<float>> made;
        using (await call.Server.Gate.EnterAsync(call.Cancellation).ConfigureAwait(false))
            made = await generator.GenerateAsync(texts, options, call.Cancellation).ConfigureAwait(false);
        await call.WriteAsync(writer =>
        {
            writer.WriteString("object", "list");
            writer.WriteStartArray("data");
            for (int i = 0; i < made.Count; i++)
            {
                writer.WriteStartObject();
                writer.WriteString("object", "embedding");
                writer.WriteNumber("index", i);
                Write(writer, made[i].Vector.Span, base64);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("model", model.Id);
            writer.WriteStartObject("usage");
            writer.WriteNumber("prompt_tokens", made.Usage?.InputTokenCount ?? 0);
            writer.WriteNumber("total_tokens", made.Usage?.InputTokenCount ?? 0);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<float> vector, bool base64)
    {
        if (base64)
        {
            byte[] bytes = new byte[vector.Length * sizeof(float)];
            for (int i = 0; i < vector.Length; i++)
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
            writer.WriteBase64String("embedding", bytes);
            return;
        }
        writer.WriteStartArray("embedding");
        foreach (float value in vector)
            writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }
}
