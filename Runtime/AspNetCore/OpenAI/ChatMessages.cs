using System.Collections.Generic;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.OpenAI;

/// <summary>Reads `messages`.</summary>
internal static class ChatMessages
{
    /// <summary>The conversation.</summary>
    /// <exception cref="ApiException">A message makes no sense, or has something else than text.</exception>
    public static List<ChatMessage> Read(Fields request)
    {
        List<ChatMessage> messages = [];
        foreach (Fields message in request.Objects("messages"))
            messages.Add(ReadOne(message));
        return messages.Count > 0 ? messages : throw request.Missing("messages");
    }

    private static ChatMessage ReadOne(Fields message)
    {
        string role = message.NeedText("role");
        List<AIContent> contents = [];
        string? text = MessageParts.Text(message, "content", "text", "refusal");
        if (role == "tool")
        {
            contents.Add(new FunctionResultContent(message.NeedText("tool_call_id"), text ?? ""));
            return new ChatMessage(ChatRole.Tool, contents);
        }
        if (message.Text("reasoning_content") is { Length: > 0 } reasoning)
            contents.Add(new TextReasoningContent(reasoning));
        if (text is not null)
            contents.Add(new TextContent(text));
        if (role == "assistant")
        {
            foreach (Fields call in message.Objects("tool_calls"))
            {
                Fields function = call.Object("function") ?? throw call.Missing("function");
                contents.Add(new FunctionCallContent(
                    call.NeedText("id"), function.NeedText("name"), MessageParts.Arguments(function, "arguments")));
            }
        }
        if (contents.Count == 0)
            throw message.Missing("content");
        return new ChatMessage(
            role switch
            {
                "system" or "developer" => ChatRole.System,
                "user" => ChatRole.User,
                "assistant" => ChatRole.Assistant,
                _ => throw message.NoneOf("role", role, ["system", "developer", "user", "assistant", "tool"]),
            },
            contents) { AuthorName = message.Text("name") };
    }
}
