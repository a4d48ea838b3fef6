using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Answers;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.OpenAI;

/// <summary>/v1/chat/completions.</summary>
internal static class ChatCompletions
{
    public static async Task HandleAsync(ApiCall call)
    {
        using JsonDocument body = await call.ReadAsync().ConfigureAwait(false);
        Fields request = Fields.Of(body.RootElement);
        bool streams = request.Flag("stream") ?? false;
        bool usage = request.Object("stream_options")?.Flag("include_usage") ?? false;
        AnswerRequest asked = await ChatRequestReader.ReadAsync(call, request).ConfigureAwait(false);
        string id = $"chatcmpl-{Guid.NewGuid():N}";
        long created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        if (streams)
        {
            await StreamAsync(call, asked, id, created, usage).ConfigureAwait(false);
            return;
        }
        Answer[] answers = await Answer.AllAsync(call, asked).ConfigureAwait(false);
        await call.WriteAsync(writer =>
        {
            OpenAIJson.WriteHead(writer, id, "chat.completion", created, asked.Model.Id);
            writer.WriteStartArray("choices");
            for (int i = 0; i < answers.Length; i++)
                WriteChoice(writer, i, answers[i]);
            writer.WriteEndArray();
            OpenAIJson.WriteUsage(writer, [.. answers.Select(static answer => answer.End)]);
            OpenAIJson.WriteTimings(writer, answers[^1].End);
        }).ConfigureAwait(false);
    }

    private static void WriteChoice(Utf8JsonWriter writer, int index, Answer answer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index", index);
        writer.WriteStartObject("message");
        writer.WriteString("role", "assistant");
        writer.WriteString("content", answer.Text.Length == 0 && answer.Calls.Count > 0 ? null : answer.Text.ToString());
        writer.WriteNull("refusal");
        if (answer.Reasoning.Length > 0)
            writer.WriteString("reasoning_content", answer.Reasoning.ToString());
        if (answer.Calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls");
            foreach (FunctionCallContent function in answer.Calls)
                OpenAIJson.WriteCall(writer, function, null);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteNull("logprobs");
        writer.WriteString("finish_reason", OpenAIJson.Reason(answer.End.Reason));
        writer.WriteEndObject();
    }

    private static async Task StreamAsync(ApiCall call, AnswerRequest asked, string id, long created, bool usage)
    {
        List<AnswerEnd> ends = [];
        int calls = 0, begun = 0;
        await foreach (AnswerPiece piece in call.AnswerAsync(asked).ConfigureAwait(false))
        {
            if (piece.Choice == begun)
            {
                (begun, calls) = (begun + 1, 0);
                await SendAsync(piece.Choice, static writer =>
                {
                    writer.WriteString("role", "assistant");
                    writer.WriteString("content", "");
                }, null).ConfigureAwait(false);
            }
            if (piece.Ending is { } end)
                ends.Add(end);
            await SendAsync(piece.Choice, writer =>
            {
                if (piece.Kind == PieceKind.Text)
                    writer.WriteString("content", piece.Text);
                if (piece.Kind == PieceKind.Reasoning)
                    writer.WriteString("reasoning_content", piece.Text);
                if (piece.Call is { } function)
                {
                    writer.WriteStartArray("tool_calls");
                    OpenAIJson.WriteCall(writer, function, calls++);
                    writer.WriteEndArray();
                }
            }, piece.Ending).ConfigureAwait(false);
        }
        if (usage)
        {
            await call.SendAsync(writer =>
            {
                WriteHead(writer);
                writer.WriteStartArray("choices");
                writer.WriteEndArray();
                OpenAIJson.WriteUsage(writer, ends);
            }).ConfigureAwait(false);
        }
        await call.DoneAsync().ConfigureAwait(false);

        void WriteHead(Utf8JsonWriter writer) =>
            OpenAIJson.WriteHead(writer, id, "chat.completion.chunk", created, asked.Model.Id);

        Task SendAsync(int choice, Action<Utf8JsonWriter> delta, AnswerEnd? end) => call.SendAsync(writer =>
        {
            WriteHead(writer);
            writer.WriteStartArray("choices");
            writer.WriteStartObject();
            writer.WriteNumber("index", choice);
            writer.WriteStartObject("delta");
            delta(writer);
            writer.WriteEndObject();
            writer.WriteNull("logprobs");
            writer.WriteString("finish_reason", end is null ? null : OpenAIJson.Reason(end.Reason));
            writer.WriteEndObject();
            writer.WriteEndArray();
            if (end is not null)
                OpenAIJson.WriteTimings(writer, end);
        });
    }
}
