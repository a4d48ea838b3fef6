using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Llamalith.Extensions.AI.Answers;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI.Requests;

/// <summary>Writes messages and tools in the form that chat templates take: OpenAI's.</summary>
internal static class MessageJson
{
    private const string SystemRole = "system";

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a conversation.</summary>
    /// <param name="messages">All of its messages.</param>
    /// <param name="system">What stands before them; null for nothing. Where they begin with a system message, it becomes part of
    /// that.</param>
    /// <param name="form">How calls are written.</param>
    /// <param name="merging">Which messages become one.</param>
    /// <exception cref="NotSupportedException">A message has something else than text, reasoning, calls and results.</exception>
    public static JsonElement Write(IReadOnlyList<ChatMessage> messages, string? system, ToolForm form, Merging merging)
    {
        List<Turn> turns = [];
        if (system is not null)
            turns.Add(new Turn(SystemRole) { Content = new StringBuilder(system) });
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (ChatMessage message in messages)
            Add(message, turns, names, form);
        if (system is not null && turns.Count > 1 && turns[1].Role == SystemRole)
            Join(turns, 0);
        if (merging == Merging.SystemIntoUser && turns.Count > 0 && turns[0].Role == SystemRole)
            turns[0].Role = "user";
        for (int i = 0; merging != Merging.None && i + 1 < turns.Count;)
        {
            if (turns[i].Role == turns[i + 1].Role && turns[i].Calls.Count + turns[i + 1].Calls.Count == 0 && turns[i].CallId is null)
                Join(turns, i);
            else
                i++;
        }
        return Json(writer =>
        {
            writer.WriteStartArray();
            foreach (Turn turn in turns)
                Write(turn, writer, form);
            writer.WriteEndArray();
        });
    }

    /// <summary>Writes tools.</summary>
    public static JsonElement Write(IReadOnlyList<Tool> tools) => Json(writer =>
    {
        writer.WriteStartArray();
        foreach (Tool tool in tools)
        {
            writer.WriteStartObject();
            writer.WriteString("type", "function");
            writer.WritePropertyName("function");
            WriteFunction(tool, writer);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });

    /// <summary>What a model is told of tools whose template does not tell it.</summary>
    public static string Instructions(IReadOnlyList<Tool> tools)
    {
        StringBuilder text = new("You can call functions. To call one, answer with nothing but a JSON object of this form:\n"
            + """{"name": "the function's name", "arguments": {"an argument's name": "its value"}}""" + "\nThe functions are:");
        foreach (Tool tool in tools)
            text.Append('\n').Append(Json(writer => WriteFunction(tool, writer)).GetRawText());
        return text.ToString();
    }

    /// <summary>An id of nine letters and digits in place of any other.</summary>
    public static string ShortId(string id)
    {
        const string Signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        if (id.Length == 9 && id.All(char.IsAsciiLetterOrDigit))
            return id;
        ulong hash = 14695981039346656037;
        foreach (char c in id)
            hash = (hash ^ c) * 1099511628211;
        Span<char> made = stackalloc char[9];
        foreach (ref char c in made)
            (c, hash) = (Signs[(int)(hash % 62)], hash / 62);
        return made.ToString();
    }

    private static void Add(ChatMessage message, List<Turn> turns, Dictionary<string, string> names, ToolForm form)
    {
        Turn turn = new(message.Role.Value) { Name = message.AuthorName };
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextReasoningContent reasoning:
                    turn.Reasoning.Append(reasoning.Text);
                    break;
                case TextContent text:
                    turn.Content.Append(text.Text);
                    turn.HasContent = true;
                    break;
                case FunctionCallContent call:
                    names[call.CallId] = call.Name;
                    turn.Calls.Add(call);
                    break;
                case FunctionResultContent result:
                    string name = names.GetValueOrDefault(result.CallId) ?? "";
                    string value = JsonValues.TextOf(result.Result);
                    turns.Add(form.IsOfTemplate
                        ? new Turn("tool") { Content = new(value), CallId = result.CallId, Name = name }
                        : new Turn("user") { Content = new($"The result of {name}:\n{value}") });
                    break;
                case UsageContent or ErrorContent:
                    // What a response carried besides the answer.
                    break;
                default:
                    throw new NotSupportedException($"A message has {content.GetType().Name}, but this model reads text alone.");
            }
        }
        if (turn.HasContent || turn.Calls.Count > 0 || turn.Reasoning.Length > 0)
            turns.Add(turn);
    }

    private static void Join(List<Turn> turns, int first)
    {
        turns[first].Content.Append("\n\n").Append(turns[first + 1].Content);
        turns.RemoveAt(first + 1);
    }

    private static void Write(Turn turn, Utf8JsonWriter writer, ToolForm form)
    {
        writer.WriteStartObject();
        writer.WriteString("role", turn.Role);
        if (!form.IsOfTemplate)
            AppendCalls(turn, form);
        writer.WriteString("content", turn.Content.ToString());
        if (turn.Reasoning.Length > 0)
            writer.WriteString("reasoning_content", turn.Reasoning.ToString());
        if (!string.IsNullOrEmpty(turn.Name))
            writer.WriteString("name", turn.Name);
        if (turn.CallId is { } id)
            writer.WriteString("tool_call_id", form.HasShortIds ? ShortId(id) : id);
        if (form.IsOfTemplate && turn.Calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls");
            foreach (FunctionCallContent call in turn.Calls)
            {
                writer.WriteStartObject();
                writer.WriteString("type", "function");
                writer.WriteString("id", form.HasShortIds ? ShortId(call.CallId) : call.CallId);
                writer.WriteStartObject("function");
                writer.WriteString("name", call.Name);
                writer.WritePropertyName("arguments");
                WriteArguments(call, writer);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    /// <summary>Calls as the text that the model had written.</summary>
    private static void AppendCalls(Turn turn, ToolForm form)
    {
        for (int i = 0; i < turn.Calls.Count; i++)
        {
            FunctionCallContent call = turn.Calls[i];
            turn.Content.Append(i > 0 ? form.Separator : "").Append(form.BeforeName)
                .Append(Json(writer => writer.WriteStringValue(call.Name)).GetRawText()).Append(form.BeforeArguments)
                .Append(Json(writer => WriteArguments(call, writer)).GetRawText()).Append(form.AfterArguments);
        }
    }

    private static void WriteArguments(FunctionCallContent call, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach ((string name, object? value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            writer.WritePropertyName(name);
            JsonValues.ElementOf(value).WriteTo(writer);
        }
        writer.WriteEndObject();
    }

    private static void WriteFunction(Tool tool, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("name", tool.Name);
        writer.WriteString("description", tool.Description);
        writer.WritePropertyName("parameters");
        tool.Schema.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static JsonElement Json(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, s_writing))
            write(writer);
        Utf8JsonReader reader = new(stream.GetBuffer().AsSpan(0, (int)stream.Length), new JsonReaderOptions { MaxDepth = 1000 });
        return JsonElement.ParseValue(ref reader);
    }

    private sealed class Turn(string role)
    {
        public string Role { get; set; } = role;

        public StringBuilder Content { get; init; } = new();

        public bool HasContent { get; set; }

        public StringBuilder Reasoning { get; } = new();

        public List<FunctionCallContent> Calls { get; } = [];

        public string? CallId { get; init; }

        public string? Name { get; init; }
    }
}
