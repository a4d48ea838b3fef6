using System.Collections.Generic;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Requests;
using Llamalith.Contracts;
using Llamalith.Tokenization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Status;

/// <summary>What a server tells of itself and of its models' tokens, as llama.cpp's server does.</summary>
internal static class StatusRoutes
{
    public static Task HealthAsync(ApiCall call) => call.Server.IsReady
        ? call.WriteAsync(static writer => writer.WriteString("status", "ok"))
        : throw new ApiException(503, "The model is being loaded.", code: "loading") { RetryAfter = 1 };

    public static Task MetricsAsync(ApiCall call)
    {
        call.Context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return call.Context.Response.WriteAsync(
            call.Server.Metrics.Write(call.Server.Gate.Running, call.Server.Gate.Waiting), call.Cancellation);
    }

    public static async Task PropsAsync(ApiCall call)
    {
        string? id = call.Context.Request.Query["model"];
        ServedModel model = await call.Server.ModelAsync(id, call.Cancellation).ConfigureAwait(false);
        int? context = model.Client.GetService<ILlamaModel>()?.Shape.Context;
        await call.WriteAsync(writer =>
        {
            writer.WriteString("model_alias", model.Id);
            writer.WriteNumber("total_slots", call.Server.Gate.MostRunning);
            writer.WriteStartObject("default_generation_settings");
            if (context is { } positions)
                writer.WriteNumber("n_ctx", positions);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public static Task SlotsAsync(ApiCall call) => call.WriteAsync(writer =>
    {
        writer.WriteNumber("total", call.Server.Gate.MostRunning);
        writer.WriteNumber("processing", call.Server.Gate.Running);
        writer.WriteNumber("deferred", call.Server.Gate.Waiting);
    });

    public static async Task TokenizeAsync(ApiCall call)
    {
        using JsonDocument body = await call.ReadAsync().ConfigureAwait(false);
        Fields request = Fields.Of(body.RootElement);
        Tokenizer tokenizer = await TokenizerAsync(call, request).ConfigureAwait(false);
        bool begins = request.Flag("add_special") is true && tokenizer.AddBos && tokenizer.BosId >= 0;
        int[] tokens = tokenizer.Encode(request.NeedText("content"), begins, parseSpecial: request.Flag("parse_special") ?? true);
        bool pieces = request.Flag("with_pieces") ?? false;
        await call.WriteAsync(writer =>
        {
            writer.WriteStartArray("tokens");
            foreach (int token in tokens)
                Write(writer, tokenizer, token, pieces);
            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    public static async Task DetokenizeAsync(ApiCall call)
    {
        using JsonDocument body = await call.ReadAsync().ConfigureAwait(false);
        Fields request = Fields.Of(body.RootElement);
        Tokenizer tokenizer = await TokenizerAsync(call, request).ConfigureAwait(false);
        List<int> tokens = [];
        foreach ((JsonElement value, string path) in request.List("tokens"))
        {
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out int token) || token < 0 || token >= tokenizer.VocabSize)
                throw Fields.Wrong(path, value, $"a token from 0 to {tokenizer.VocabSize - 1}");
            tokens.Add(token);
        }
        string text = tokenizer.Decode([.. tokens]);
        await call.WriteAsync(writer => writer.WriteString("content", text)).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter writer, Tokenizer tokenizer, int token, bool withPiece)
    {
        if (!withPiece)
        {
            writer.WriteNumberValue(token);
            return;
        }
        writer.WriteStartObject();
        writer.WriteNumber("id", token);
        byte[] piece = tokenizer.GetPiece(token).ToArray();
        if (System.Text.Unicode.Utf8.IsValid(piece))
        {
            writer.WriteString("piece", piece);
        }
        else
        {
            writer.WriteStartArray("piece");
            foreach (byte value in piece)
                writer.WriteNumberValue(value);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private static async Task<Tokenizer> TokenizerAsync(ApiCall call, Fields request)
    {
        ServedModel model = await call.Server.ModelAsync(request.Text("model"), call.Cancellation).ConfigureAwait(false);
        return model.Client.GetService<Tokenizer>()
            ?? throw new ApiException(501, $"The model {model.Id} does not show its tokenizer.", "model", "unsupported");
    }
}
