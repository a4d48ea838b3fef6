using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;
using Llamalith.Chat;
using Llamalith.Constraints;

namespace Llamalith.Extensions.AI.Answers;

/// <summary>How a model writes that it calls a tool: fixed texts around a name and arguments.</summary>
internal sealed record ToolForm
{
    /// <summary>Qwen's and Hermes': each call between two marks.</summary>
    public static ToolForm Hermes { get; } = new()
    {
        Mark = "<tool_call>", Opening = "<tool_call>\n", BeforeName = """{"name": """, BeforeArguments = """, "arguments": """,
        AfterArguments = "}\n</tool_call>",
    };

    /// <summary>Llama 3's: the answer is an object, and its templates take back one call in a turn.</summary>
    public static ToolForm Llama3 { get; } = new()
    {
        BeforeName = """{"name": """, BeforeArguments = """, "parameters": """, AfterArguments = "}", IsSingle = true,
    };

    /// <summary>Mistral's first: a list behind a mark.</summary>
    public static ToolForm MistralList { get; } = new()
    {
        Mark = "[TOOL_CALLS]", Opening = "[TOOL_CALLS][", BeforeName = """{"name": """, BeforeArguments = """, "arguments": """,
        AfterArguments = "}", Separator = ", ", Closing = "]", HasShortIds = true,
    };

    /// <summary>Mistral's later one: names and arguments behind marks.</summary>
    public static ToolForm MistralArguments { get; } = new()
    {
        Mark = "[TOOL_CALLS]", Opening = "[TOOL_CALLS]", QuotesName = false, BeforeArguments = "[ARGS]", HasShortIds = true,
    };

    /// <summary>
    /// For models whose template knows no tools, or writes them in a form of its own: the client itself asks for an object.
    /// </summary>
    public static ToolForm Plain { get; } = new()
    {
        BeforeName = """{"name": """, BeforeArguments = """, "arguments": """, AfterArguments = "}", Separator = "; ", IsOfTemplate = false,
    };

    /// <summary>
    /// What tells a call from text, a token of its own in many vocabularies; null where a call is an object that begins the answer.
    /// </summary>
    public string? Mark { get; private init; }

    /// <summary>Before the first call, the mark included; where there is no separator, before each.</summary>
    public string Opening { get; private init; } = "";

    /// <summary>Before a name.</summary>
    public string BeforeName { get; private init; } = "";

    /// <summary>Whether names are written as JSON strings.</summary>
    public bool QuotesName { get; private init; } = true;

    /// <summary>Between name and arguments.</summary>
    public required string BeforeArguments { get; init; }

    /// <summary>Behind the arguments.</summary>
    public string AfterArguments { get; private init; } = "";

    /// <summary>Between calls; null where each has its mark.</summary>
    public string? Separator { get; private init; }

    /// <summary>Behind the last call of a list.</summary>
    public string Closing { get; private init; } = "";

    /// <summary>Whether an answer has one call at most.</summary>
    public bool IsSingle { get; private init; }

    /// <summary>Whether the template demands ids of nine letters and digits.</summary>
    public bool HasShortIds { get; private init; }

    /// <summary>Whether the template itself writes tools, calls and results.</summary>
    public bool IsOfTemplate { get; private init; } = true;

    /// <summary>The form that a template writes.</summary>
    public static ToolForm Of(ChatTemplate template)
    {
        string source = template.Source;
        if (!template.Mentions("tools"))
            return Plain;
        if (Has("[TOOL_CALLS]"))
            return Has("[ARGS]") ? MistralArguments : MistralList;
        if (Has("<tool_call>") && Has("arguments") && !Has("<function=") && !Has("<arg_key>"))
            return Hermes;
        return Has("<|start_header_id|>") && Has("\"parameters\": ") ? Llama3 : Plain;

        bool Has(string text) => source.Contains(text, StringComparison.Ordinal);
    }

    /// <summary>What a name may be, written in this form.</summary>
    /// <exception cref="ConstraintException">There are too many.</exception>
    public Constraint NamesOf(IEnumerable<string> names) =>
        Constraint.FromGrammar($"root ::= {string.Join(" | ", names.Select(name => Literal(Quoted(name))))}");

    /// <summary>A name in this form.</summary>
    public string Quoted(string name) =>
        QuotesName ? $"\"{JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"" : name;

    private static string Literal(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
