using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Llamalith.AspNetCore.Answers;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.OpenAI;

/// <summary>What several of OpenAI's answers are made of.</summary>
internal static class OpenAIJson
{
    /// <summary>What every answer and piece begins with.</summary>
    public static void WriteHead(Utf8JsonWriter writer, string id, string kind, long created, string model)
    {
        writer.WriteString("id", id);
        writer.WriteString("object", kind);
        writer.WriteNumber("created", created);
        writer.WriteString("model", model);
    }

    /// <summary>A call, as part of a message or of a piece of one.</summary>
    /// <param name="writer">Where it is written.</param>
    /// <param name="call">The call.</param>
    /// <param name="index">Its place among the answer's calls, which pieces tell; null for none.</param>
    public static void WriteCall(Utf8JsonWriter writer, FunctionCallContent call, int? index)
    {
        writer.WriteStartObject();
        if (index is { } at)
            writer.WriteNumber("index", at);
        writer.WriteString("id", call.CallId);
        writer.WriteString("type", "function");
        writer.WriteStartObject("function");
        writer.WriteString("name", call.Name);
        writer.WriteString("arguments", CallJson.Arguments(call));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Why an answer ended.</summary>
    public static string Reason(ChatFinishReason reason) => reason.Value;

    /// <summary>What the answers to a request took: their prompt counts once.</summary>
    public static void WriteUsage(Utf8JsonWriter writer, IReadOnlyList<AnswerEnd> ends)
    {
        long input = ends[0].Usage?.InputTokenCount ?? 0, output = ends.Sum(static end => end.Usage?.OutputTokenCount ?? 0);
        writer.WriteStartObject("usage");
        writer.WriteNumber("prompt_tokens", input);
        writer.WriteNumber("completion_tokens", output);
        writer.WriteNumber("total_tokens", input + output);
        writer.WriteStartObject("prompt_tokens_details");
        writer.WriteNumber("cached_tokens", ends[0].Usage?.CachedInputTokenCount ?? 0);
        writer.WriteEndObject();
        writer.WriteStartObject("completion_tokens_details");
        writer.WriteNumber("reasoning_tokens", ends.Sum(static end => end.Usage?.ReasoningTokenCount ?? 0));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The times of an answer, as llama.cpp's server tells them; nothing where they were not taken.</summary>
    public static void WriteTimings(Utf8JsonWriter writer, AnswerEnd end)
    {
        if (end.Timings is not { } times)
            return;
        int prompt = times.PromptTokens - times.CachedPromptTokens;
        writer.WriteStartObject("timings");
        writer.WriteNumber("cache_n", times.CachedPromptTokens);
        Write("prompt", prompt, times.PromptTime, times.PromptTokensPerSecond);
        Write("predicted", times.GeneratedTokens, times.DecodeTime, times.DecodeTokensPerSecond);
        writer.WriteEndObject();

        void Write(string what, int tokens, TimeSpan time, double rate)
        {
            writer.WriteNumber($"{what}_n", tokens);
            writer.WriteNumber($"{what}_ms", time.TotalMilliseconds);
            writer.WriteNumber($"{what}_per_token_ms", tokens > 0 ? time.TotalMilliseconds / tokens : 0);
            writer.WriteNumber($"{what}_per_second", rate);
        }
    }
}
