using System.Collections.Generic;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Answers;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Ollama;

/// <summary>Reads what /api/chat and /api/generate ask for.</summary>
internal static class OllamaReader
{
    private const string Latest = ":latest";

    /// <summary>The model that a request names; Ollama's clients add a tag that means nothing here.</summary>
    public static Task<ServedModel> ModelAsync(ApiCall call, Fields request)
    {
        string id = request.Text("model") ?? request.NeedText("name");
        return call.Server.ModelAsync(id.EndsWith(Latest, System.StringComparison.Ordinal) ? id[..^Latest.Length] : id, call.Cancellation);
    }

    /// <summary>Reads a chat.</summary>
    /// <exception cref="ApiException">A field makes no sense or cannot be honoured.</exception>
    public static async Task<AnswerRequest> ReadChatAsync(ApiCall call, Fields request)
    {
        ServedModel model = await ModelAsync(call, request).ConfigureAwait(false);
        ChatOptions options = ReadOptions(request);
        List<AITool> tools = [];
        foreach (Fields tool in request.Objects("tools"))
            tools.Add(SchemaFields.Tool(tool.Object("function") ?? throw tool.Missing("function"), "parameters"));
        if (tools.Count > 0)
            options.Tools = tools;

        List<ChatMessage> messages = [];
        Queue<string> open = new();
        foreach (Fields message in request.Objects("messages"))
            messages.Add(ReadMessage(message, open));
        return messages.Count > 0 ? new AnswerRequest(model, messages, options) : throw request.Missing("messages");
    }

    /// <summary>Reads a prompt, which is a chat of one message.</summary>
    /// <exception cref="ApiException">A field makes no sense or cannot be honoured.</exception>
    public static async Task<AnswerRequest> ReadPromptAsync(ApiCall call, Fields request)
    {
        ServedModel model = await ModelAsync(call, request).ConfigureAwait(false);
        RefuseImages(request);
        foreach (string field in new[] { "suffix", "template", "context" })
        {
            if (request.Value(field) is { } value && !(value.ValueKind == JsonValueKind.String && value.GetString() == ""))
                throw request.Unsupported(field, "the model's own chat template writes its prompts");
        }
        if (request.Flag("raw") == true)
            throw request.Unsupported("raw", "the model's own chat template writes its prompts");
        List<ChatMessage> messages = [];
        if (request.Text("system") is { Length: > 0 } system)
            messages.Add(new ChatMessage(ChatRole.System, system));
        messages.Add(new ChatMessage(ChatRole.User, request.NeedText("prompt")));
        return new AnswerRequest(model, messages, ReadOptions(request));
    }

    private static ChatOptions ReadOptions(Fields request)
    {
        ChatOptions options = new() { AdditionalProperties = [] };
        if (request.Object("options") is { } given)
        {
            SamplingFields.Read(given, options);
            // Below 0 is without a limit.
            if (given.Whole("num_predict", -2, int.MaxValue) is { } most and > 0)
                options.MaxOutputTokens = (int)most;
        }
        if (request.Value("format") is { } format && !(format.ValueKind == JsonValueKind.String && format.GetString() == ""))
        {
            options.ResponseFormat = format.ValueKind != JsonValueKind.String ? SchemaFields.Format(request, "format")
                : format.GetString() == "json" ? ChatResponseFormat.Json
                : throw request.NoneOf("format", format.GetString()!, ["json"]);
        }
        if (request.Value("think") is { ValueKind: JsonValueKind.True or JsonValueKind.False } think)
            options.Reasoning = new ReasoningOptions { Effort = think.GetBoolean() ? ReasoningEffort.Medium : ReasoningEffort.None };
        return options;
    }

    private static ChatMessage ReadMessage(Fields message, Queue<string> open)
    {
        RefuseImages(message);
        string role = message.NeedText("role"), text = message.Text("content") ?? "";
        List<AIContent> contents = [];
        if (role == "tool")
        {
            // Results tell of no call: they come in the calls' order.
            string id = message.Text("tool_call_id") ?? (open.TryDequeue(out string? next) ? next : "");
            return new ChatMessage(ChatRole.Tool, [new FunctionResultContent(id, text)]);
        }
        if (message.Text("thinking") is { Length: > 0 } thoughts)
            contents.Add(new TextReasoningContent(thoughts));
        if (text.Length > 0 || message.Value("tool_calls") is null)
            contents.Add(new TextContent(text));
        foreach (Fields call in message.Objects("tool_calls"))
        {
            Fields function = call.Object("function") ?? throw call.Missing("function");
            JsonElement arguments = function.Value("arguments") ?? throw function.Missing("arguments");
            string id = call.Text("id") ?? $"call_{System.Guid.NewGuid():N}";
            open.Enqueue(id);
            contents.Add(new FunctionCallContent(
                id, function.NeedText("name"), MessageParts.Arguments(arguments, function.Name("arguments"))));
        }
        return new ChatMessage(
            role switch
            {
                "system" => ChatRole.System,
                "user" => ChatRole.User,
                "assistant" => ChatRole.Assistant,
                _ => throw message.NoneOf("role", role, ["system", "user", "assistant", "tool"]),
            },
            contents);
    }

    private static void RefuseImages(Fields fields)
    {
        if (fields.Value("images") is { } images && !(images.ValueKind == JsonValueKind.Array && images.GetArrayLength() == 0))
            throw ApiException.BadField(fields.Name("images"), $"{fields.Name("images")} cannot be honoured: this model reads text alone.");
    }
}
