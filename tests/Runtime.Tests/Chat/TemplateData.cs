using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Llamalith.Chat;

namespace Llamalith.Tests.Chat;

/// <summary>Published templates and what jinja2 makes of conversations by them.</summary>
internal static class TemplateData
{
    public static readonly DateTime Now = new(2026, 1, 15, 12, 34, 56);

    public static JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllText(SharedData.PathOrSkip(Path.Combine("templates", name))),
            new JsonDocumentOptions { MaxDepth = 256 }).RootElement;

    /// <summary>A case's conversation as input.</summary>
    public static ChatTemplateInput InputOf(JsonElement conversation)
    {
        Dictionary<string, JsonElement> variables = [];
        if (conversation.TryGetProperty("kwargs", out JsonElement more))
            foreach (JsonProperty property in more.EnumerateObject())
                variables[property.Name] = property.Value;
        return new ChatTemplateInput
        {
            Messages = conversation.GetProperty("messages"),
            Tools = conversation.TryGetProperty("tools", out JsonElement tools) ? tools : null,
            AddGenerationPrompt = conversation.GetProperty("add_generation_prompt").GetBoolean(),
            Variables = variables,
            BosToken = "<s>",
            EosToken = "</s>",
            UnknownToken = "<unk>",
            PaddingToken = "<pad>",
            Now = Now,
        };
    }

    /// <summary>What happened, or what should, in one line.</summary>
    public static string Outcome(JsonElement expected) => expected.TryGetProperty("text", out JsonElement text)
        ? "text: " + text.GetString()
        : $"{KindOf(expected.GetProperty("kind").GetString()!)}: {expected.GetProperty("error").GetString()}";

    /// <inheritdoc cref="Outcome(JsonElement)"/>
    public static string Outcome(Func<ChatPrompt> render)
    {
        try
        {
            return "text: " + render().Text;
        }
        catch (ChatTemplateException e)
        {
            return $"{e.Kind}: {e.Reason}";
        }
    }

    private static ChatTemplateErrorKind KindOf(string kind) => kind switch
    {
        "raise_exception" => ChatTemplateErrorKind.Raised,
        _ => Enum.Parse<ChatTemplateErrorKind>(kind, ignoreCase: true),
    };
}
