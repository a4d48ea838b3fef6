using System;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Answers;
using Llamalith.AspNetCore.Requests;
using Llamalith.Contracts;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Ollama;

/// <summary>/api/chat, /api/generate, /api/tags and /api/show.</summary>
internal static class OllamaRoutes
{
    public static Task ChatAsync(ApiCall call) => AnswerAsync(call, OllamaReader.ReadChatAsync, isChat: true);

    public static Task GenerateAsync(ApiCall call) => AnswerAsync(call, OllamaReader.ReadPromptAsync, isChat: false);

    public static async Task TagsAsync(ApiCall call)
    {
        ServedModel[] models = await call.Server.ModelsAsync(call.Cancellation).ConfigureAwait(false);
        await call.WriteAsync(writer =>
        {
            writer.WriteStartArray("models");
            foreach (ServedModel model in models)
            {
                writer.WriteStartObject();
                writer.WriteString("name", model.Id);
                writer.WriteString("model", model.Id);
                writer.WriteString("modified_at", Time(model.Created));
                writer.WriteNumber("size", 0);
                writer.WriteString("digest", "");
                WriteDetails(writer);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    public static async Task ShowAsync(ApiCall call)
    {
        using JsonDocument body = await call.ReadAsync().ConfigureAwait(false);
        ServedModel model = await OllamaReader.ModelAsync(call, Fields.Of(body.RootElement)).ConfigureAwait(false);
        ModelShape? shape = model.Client.GetService<ILlamaModel>()?.Shape;
        await call.WriteAsync(writer =>
        {
            writer.WriteString("modified_at", Time(model.Created));
            WriteDetails(writer);
            writer.WriteStartObject("model_info");
            writer.WriteString("general.architecture", "llama");
            if (shape is not null)
                writer.WriteNumber("llama.context_length", shape.Context);
            writer.WriteEndObject();
            writer.WriteStartArray("capabilities");
            writer.WriteStringValue("completion");
            writer.WriteStringValue("tools");
            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(ApiCall call, Func<ApiCall, Fields, Task<AnswerRequest>> read, bool isChat)
    {
        long start = Stopwatch.GetTimestamp();
        using JsonDocument body = await call.ReadAsync().ConfigureAwait(false);
        Fields request = Fields.Of(body.RootElement);
        bool streams = request.Flag("stream") ?? true;
        AnswerRequest asked = await read(call, request).ConfigureAwait(false);
        if (streams)
        {
            await foreach (AnswerPiece piece in call.AnswerAsync(asked).ConfigureAwait(false))
            {
                Answer part = new();
                part.Add(piece);
                await call.SendAsync(writer => Write(writer, part, piece.Ending)).ConfigureAwait(false);
            }
            return;
        }
        Answer answer = (await Answer.AllAsync(call, asked).ConfigureAwait(false))[0];
        await call.WriteAsync(writer => Write(writer, answer, answer.End)).ConfigureAwait(false);

        void Write(Utf8JsonWriter writer, Answer said, AnswerEnd? end)
        {
            writer.WriteString("model", asked.Model.Id);
            writer.WriteString("created_at", Time(DateTimeOffset.UtcNow));
            if (isChat)
                WriteMessage(writer, said);
            else
                writer.WriteString("response", said.Text.ToString());
            if (!isChat && said.Reasoning.Length > 0)
                writer.WriteString("thinking", said.Reasoning.ToString());
            writer.WriteBoolean("done", end is not null);
            if (end is null)
                return;
            writer.WriteString("done_reason", end.Reason == ChatFinishReason.Length ? "length" : "stop");
            writer.WriteNumber("total_duration", Nanoseconds(Stopwatch.GetElapsedTime(start)));
            writer.WriteNumber("load_duration", 0);
            writer.WriteNumber("prompt_eval_count", end.Usage?.InputTokenCount ?? 0);
            writer.WriteNumber("prompt_eval_duration", Nanoseconds(end.Timings?.PromptTime ?? default));
            writer.WriteNumber("eval_count", end.Usage?.OutputTokenCount ?? 0);
            writer.WriteNumber("eval_duration", Nanoseconds(end.Timings?.DecodeTime ?? default));
        }
    }

    private static void WriteMessage(Utf8JsonWriter writer, Answer said)
    {
        writer.WriteStartObject("message");
        writer.WriteString("role", "assistant");
        writer.WriteString("content", said.Text.ToString());
        if (said.Reasoning.Length > 0)
            writer.WriteString("thinking", said.Reasoning.ToString());
        if (said.Calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls");
            foreach (FunctionCallContent function in said.Calls)
            {
                writer.WriteStartObject();
                writer.WriteString("id", function.CallId);
                writer.WriteStartObject("function");
                writer.WriteString("name", function.Name);
                writer.WritePropertyName("arguments");
                CallJson.Write(writer, function);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("details");
        writer.WriteString("parent_model", "");
        writer.WriteString("format", "gguf");
        writer.WriteString("family", "llama");
        writer.WriteString("parameter_size", "");
        writer.WriteString("quantization_level", "");
        writer.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;
}
