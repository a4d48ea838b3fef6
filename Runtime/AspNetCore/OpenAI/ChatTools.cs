using System.Collections.Generic;
using System.Text.Json;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.OpenAI;

/// <summary>Reads `tools`, `tool_choice` and `response_format`.</summary>
internal static class ChatTools
{
    /// <summary>Reads them into options.</summary>
    /// <exception cref="ApiException">One makes no sense or cannot be honoured.</exception>
    public static void Read(Fields request, ChatOptions options)
    {
        List<AITool> tools = [];
        foreach (Fields tool in request.Objects("tools"))
        {
            if (tool.NeedText("type") != "function")
                throw tool.Unsupported("type", "functions are what this server lets models call");
            tools.Add(SchemaFields.Tool(tool.Object("function") ?? throw tool.Missing("function"), "parameters"));
        }
        if (tools.Count > 0)
            options.Tools = tools;
        options.ToolMode = Mode(request);
        options.AllowMultipleToolCalls = request.Flag("parallel_tool_calls");
        if (request.Object("response_format") is { } format)
            options.ResponseFormat = Format(format);
    }

    private static ChatToolMode? Mode(Fields request)
    {
        if (request.Value("tool_choice") is not { } choice)
            return null;
        if (choice.ValueKind == JsonValueKind.String)
        {
            return request.Word("tool_choice", "none", "auto", "required") switch
            {
                "none" => ChatToolMode.None,
                "auto" => ChatToolMode.Auto,
                _ => ChatToolMode.RequireAny,
            };
        }
        Fields fields = Fields.Of(choice, "tool_choice");
        if (fields.NeedText("type") != "function")
            throw fields.Unsupported("type", "a function is what can be chosen");
        return ChatToolMode.RequireSpecific((fields.Object("function") ?? throw fields.Missing("function")).NeedText("name"));
    }

    private static ChatResponseFormat Format(Fields format) => format.Word("type", "text", "json_object", "json_schema") switch
    {
        "text" => ChatResponseFormat.Text,
        // llama.cpp's server takes a schema here too.
        "json_object" => format.Value("schema") is null ? ChatResponseFormat.Json : SchemaFields.Format(format, "schema"),
        "json_schema" => SchemaFields.Format(format.Object("json_schema") ?? throw format.Missing("json_schema"), "schema"),
        _ => throw format.Missing("type"),
    };
}
