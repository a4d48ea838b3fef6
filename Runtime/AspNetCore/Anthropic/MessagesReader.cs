using System.Collections.Generic;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Answers;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Anthropic;

/// <summary>Reads what /v1/messages asks for.</summary>
internal static class MessagesReader
{
    /// <summary>Reads a request.</summary>
    /// <exception cref="ApiException">A field makes no sense or cannot be honoured.</exception>
    public static async Task<AnswerRequest> ReadAsync(ApiCall call, Fields request)
    {
        ServedModel model = await call.Server.ModelAsync(request.Text("model"), call.Cancellation).ConfigureAwait(false);
        ChatOptions options = new();
        SamplingFields.Read(request, options);
        options.MaxOutputTokens = (int)(request.Whole("max_tokens", 1, int.MaxValue) ?? throw request.Missing("max_tokens"));
        if (request.Value("stop_sequences") is not null)
            options.StopSequences = [.. request.Texts("stop_sequences")];
        if (request.Object("thinking") is { } thinking)
        {
            bool on = thinking.Word("type", "enabled", "disabled", "adaptive") != "disabled";
            options.Reasoning = new ReasoningOptions { Effort = on ? ReasoningEffort.Medium : ReasoningEffort.None };
        }
        ReadTools(request, options);

        List<ChatMessage> messages = [];
        if (MessageParts.Text(request, "system", "text") is { Length: > 0 } system)
            messages.Add(new ChatMessage(ChatRole.System, system));
        int before = messages.Count;
        foreach (Fields message in request.Objects("messages"))
            ReadMessage(message, messages);
        return messages.Count > before ? new AnswerRequest(model, messages, options) : throw request.Missing("messages");
    }

    private static void ReadTools(Fields request, ChatOptions options)
    {
        List<AITool> tools = [];
        foreach (Fields tool in request.Objects("tools"))
        {
            if (tool.Text("type") is not (null or "custom"))
                throw tool.Unsupported("type", "functions are what this server lets models call");
            tools.Add(SchemaFields.Tool(tool, "input_schema"));
        }
        if (tools.Count > 0)
            options.Tools = tools;
        if (request.Object("tool_choice") is not { } choice)
            return;
        options.ToolMode = choice.Word("type", "auto", "any", "tool", "none") switch
        {
            "auto" => ChatToolMode.Auto,
            "any" => ChatToolMode.RequireAny,
            "tool" => ChatToolMode.RequireSpecific(choice.NeedText("name")),
            "none" => ChatToolMode.None,
            _ => throw choice.Missing("type"),
        };
        if (choice.Flag("disable_parallel_tool_use") is { } single)
            options.AllowMultipleToolCalls = !single;
    }

    private static void ReadMessage(Fields message, List<ChatMessage> messages)
    {
        ChatRole role = message.Word("role", "user", "assistant") switch
        {
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            _ => throw message.Missing("role"),
        };
        JsonElement content = message.Value("content") ?? throw message.Missing("content");
        if (content.ValueKind == JsonValueKind.String)
        {
            messages.Add(new ChatMessage(role, content.GetString()));
            return;
        }
        List<AIContent> said = [];
        foreach (Fields block in message.Objects("content"))
        {
            switch (block.NeedText("type"))
            {
                case "text":
                    said.Add(new TextContent(block.NeedText("text")));
                    break;
                case "thinking":
                    said.Add(new TextReasoningContent(block.NeedText("thinking")));
                    break;
                case "tool_use":
                    JsonElement input = block.Value("input") ?? throw block.Missing("input");
                    said.Add(new FunctionCallContent(
                        block.NeedText("id"), block.NeedText("name"), MessageParts.Arguments(input, block.Name("input"))));
                    break;
                case "tool_result":
                    messages.Add(new ChatMessage(
                        ChatRole.Tool,
                        [new FunctionResultContent(block.NeedText("tool_use_id"), MessageParts.Text(block, "content", "text") ?? "")]));
                    break;
                default:
                    throw block.Unsupported("type", "this model reads text alone");
            }
        }
        if (said.Count > 0)
            messages.Add(new ChatMessage(role, said));
    }
}
