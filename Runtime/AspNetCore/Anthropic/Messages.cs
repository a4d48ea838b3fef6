using System;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Answers;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Anthropic;

/// <summary>/v1/messages.</summary>
internal static class Messages
{
    public static async Task HandleAsync(ApiCall call)
    {
        using JsonDocument body = await call.ReadAsync().ConfigureAwait(false);
        Fields request = Fields.Of(body.RootElement);
        bool streams = request.Flag("stream") ?? false;
        AnswerRequest asked = await MessagesReader.ReadAsync(call, request).ConfigureAwait(false);
        string id = $"msg_{Guid.NewGuid():N}";
        if (streams)
        {
            await new MessageStream(call, asked, id).RunAsync().ConfigureAwait(false);
            return;
        }
        Answer answer = (await Answer.AllAsync(call, asked).ConfigureAwait(false))[0];
        await call.WriteAsync(writer =>
        {
            WriteHead(writer, id, asked.Model.Id);
            writer.WriteStartArray("content");
            if (answer.Reasoning.Length > 0)
                WriteText(writer, "thinking", answer.Reasoning.ToString());
            if (answer.Text.Length > 0)
                WriteText(writer, "text", answer.Text.ToString());
            foreach (FunctionCallContent function in answer.Calls)
            {
                writer.WriteStartObject();
                WriteCall(writer, function);
                writer.WritePropertyName("input");
                CallJson.Write(writer, function);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("stop_reason", Reason(answer.End));
            writer.WriteNull("stop_sequence");
            WriteUsage(writer, answer.End);
        }).ConfigureAwait(false);
    }

    /// <summary>What a message begins with.</summary>
    public static void WriteHead(Utf8JsonWriter writer, string id, string model)
    {
        writer.WriteString("id", id);
        writer.WriteString("type", "message");
        writer.WriteString("role", "assistant");
        writer.WriteString("model", model);
    }

    /// <summary>A call without its arguments.</summary>
    public static void WriteCall(Utf8JsonWriter writer, FunctionCallContent function)
    {
        writer.WriteString("type", "tool_use");
        writer.WriteString("id", function.CallId);
        writer.WriteString("name", function.Name);
    }

    /// <summary>Why an answer ended.</summary>
    public static string Reason(AnswerEnd end) => end.Reason == ChatFinishReason.Length ? "max_tokens"
        : end.Reason == ChatFinishReason.ToolCalls ? "tool_use"
        : "end_turn";

    /// <summary>What it took: tokens that were in the cache are told apart.</summary>
    public static void WriteUsage(Utf8JsonWriter writer, AnswerEnd? end)
    {
        long cached = end?.Usage?.CachedInputTokenCount ?? 0;
        writer.WriteStartObject("usage");
        writer.WriteNumber("input_tokens", (end?.Usage?.InputTokenCount ?? 0) - cached);
        writer.WriteNumber("cache_creation_input_tokens", 0);
        writer.WriteNumber("cache_read_input_tokens", cached);
        writer.WriteNumber("output_tokens", end?.Usage?.OutputTokenCount ?? 0);
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string kind, string text)
    {
        writer.WriteStartObject();
        writer.WriteString("type", kind);
        writer.WriteString(kind, text);
        if (kind == "thinking")
            writer.WriteString("signature", "");
        writer.WriteEndObject();
    }
}
