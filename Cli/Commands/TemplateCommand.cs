using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Llamalith.Chat;
using Llamalith.Cli.Models;
using Llamalith.Cli.Texts;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith template`: a conversation as a model's chat template writes it.</summary>
internal static class TemplateCommand
{
    // A template alone knows no tokens: these stand for them, as in Llama 2.
    private const string AnyBos = "<s>", AnyEos = "</s>", AnyUnknown = "<unk>", AnyPadding = "<pad>";
    private const int DeepestJson = 256;
    private static readonly string[] s_timeFormats =
        ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd"];

    private static readonly string[] s_templates = [".jinja", ".jinja2", ".j2"];

    public static Command Create()
    {
        Argument<string> file = new Argument<string>("FILE")
        {
            Description = "A model (GGUF file, folder with tokenizer_config.json) or a template alone (NAME.jinja).",
        }.RejectEmpty();
        Option<string> messages = new Option<string>("--messages", "-m")
        {
            HelpName = "file",
            Description = "The conversation: a JSON array of messages; - for standard input.",
            Required = true,
        }.RejectEmpty();
        Option<string?> tools = new Option<string?>("--tools")
        {
            HelpName = "file",
            Description = "The tools, a JSON array in the form of OpenAI's API.",
        }.RejectEmpty();
        Option<string[]> set = new("--set")
        {
            HelpName = "name=JSON",
            Description = "A variable of the template, such as enable_thinking=false. May be given several times.",
        };
        Option<bool> closed = new("--no-generation-prompt") { Description = "Leave out the beginning of the model's answer." };
        Option<string?> name = new Option<string?>("--template")
        {
            HelpName = "name",
            Description = "Which of several templates, such as tool_use; llama2 for Llama-2-Chat's own. Default: as the conversation asks.",
        }.RejectEmpty();
        Option<DateTime?> now = NowOption();
        Option<bool> ids = new("--ids") { Description = "Write the tokens instead of the text." };
        Option<string?> tokenizer = new Option<string?>("--tokenizer")
        {
            HelpName = "file",
            Description = "The tokenizer for --ids. Default: the model's own.",
        }.RejectEmpty();
        Command command = new("template", "Write a conversation as a model's chat template does.")
        {
            file, messages, tools, set, closed, name, now, ids, tokenizer,
        };
        command.SetAction(result =>
        {
            string path = result.GetRequiredValue(file);
            (JsonElement conversation, JsonElement? own) = ReadMessages(result.GetRequiredValue(messages));
            ChatTemplateSet templates = ChatTemplateSet.Open(path);
            bool isBare = templates.BosToken is null && templates.EosToken is null;
            ChatTemplateInput input = new()
            {
                Messages = conversation,
                Tools = result.GetValue(tools) is { } toolFile ? ReadArray(toolFile, "--tools") : own,
                AddGenerationPrompt = !result.GetValue(closed),
                Variables = ParseVariables(result.GetValue(set) ?? []),
                BosToken = templates.BosToken ?? (isBare ? AnyBos : null),
                EosToken = templates.EosToken ?? (isBare ? AnyEos : null),
                UnknownToken = templates.UnknownToken ?? (isBare ? AnyUnknown : null),
                PaddingToken = templates.PaddingToken ?? (isBare ? AnyPadding : null),
                Now = result.GetValue(now),
            };
            ChatPrompt prompt = Render(templates, result.GetValue(name), input, result.InvocationConfiguration.Error);
            TextWriter console = result.InvocationConfiguration.Output;
            if (!result.GetValue(ids))
                console.Write(prompt.Text);
            else
                WriteIds(console, prompt.Encode(OpenTokenizer(path, result.GetValue(tokenizer))));
            return 0;
        });
        return command;
    }

    private static void WriteIds(TextWriter console, int[] tokens) =>
        console.WriteLine(string.Join(' ', tokens.Select(static id => id.ToString(CultureInfo.InvariantCulture))));

    private static ChatPrompt Render(ChatTemplateSet templates, string? name, ChatTemplateInput input, TextWriter notices)
    {
        try
        {
            bool isLlama2 = name == "llama2" && !templates.Sources.ContainsKey(name);
            if (name is null && templates.Sources.Count == 0)
            {
                notices.WriteLine($"{templates.Path} brings no chat template: this is Llama-2-Chat's.");
                isLlama2 = true;
            }
            ChatTemplate template = isLlama2
                ? ChatTemplate.Parse(ChatTemplateSet.Llama2Source)
                : templates.Get(name, input.Tools is { ValueKind: JsonValueKind.Array });
            return template.Render(input);
        }
        catch (ChatTemplateException e)
        {
            string line = e.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $" line {e.Line}:") : "";
            throw new CliException($"{templates.Path}:{line} {e.Reason} ({NameOf(e.Kind)})", e);
        }
    }

    private static string NameOf(ChatTemplateErrorKind kind) => kind switch
    {
        ChatTemplateErrorKind.Raised => "raise_exception",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static (JsonElement Messages, JsonElement? Tools) ReadMessages(string path)
    {
        JsonElement root = ReadJson(path);
        if (FindArray(root, "messages") is { } messages)
            return (messages, FindArray(root, "tools"));
        return root.ValueKind == JsonValueKind.Array
            ? (root, null)
            : throw new CliException($"{path} must hold a JSON array of messages, but holds a {NameOf(root.ValueKind)}.");
    }

    private static JsonElement? FindArray(JsonElement root, string name)
    {
        bool isArray = root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty(name, out JsonElement found)
            && found.ValueKind == JsonValueKind.Array;
        return isArray ? root.GetProperty(name) : null;
    }

    private static JsonElement ReadArray(string path, string option)
    {
        JsonElement root = ReadJson(path);
        return root.ValueKind == JsonValueKind.Array
            ? root
            : throw new CliException($"{option} {path} must hold a JSON array, but holds a {NameOf(root.ValueKind)}.");
    }

    private static string NameOf(JsonValueKind kind) => kind.ToString().ToLowerInvariant();

    private static JsonElement ReadJson(string path)
    {
        string text = path == "-" ? Console.In.ReadToEnd() : TextFile.Read(path);
        return ParseJson(text, path);
    }

    private static JsonElement ParseJson(string text, string source)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = DeepestJson });
            return json.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CliException($"{source} is no JSON: {e.Message}", e);
        }
    }

    private static Dictionary<string, JsonElement> ParseVariables(string[] settings)
    {
        Dictionary<string, JsonElement> variables = [];
        foreach (string setting in settings)
        {
            int at = setting.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                throw new CliException($"--set takes NAME=JSON, as in enable_thinking=false, but got '{setting}'.");
            variables[setting[..at]] = ParseJson(setting[(at + 1)..], $"--set {setting[..at]}: '{setting[(at + 1)..]}'");
        }
        return variables;
    }

    private static Tokenizer OpenTokenizer(string path, string? named)
    {
        bool isAlone = s_templates.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
        if (isAlone && named is null)
            throw new CliException($"{path} is a template alone: --ids needs --tokenizer FILE.");
        return isAlone ? AnyTokenizer.Open(named!, null) : AnyTokenizer.Open(path, named);
    }

    private static Option<DateTime?> NowOption() => new("--now")
    {
        HelpName = "time",
        Description = "What the template takes for the time, as in 2026-01-15T12:34:56. Default: the local time.",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (DateTime.TryParseExact(text, s_timeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time))
                return time;
            result.AddError($"--now must be a time such as 2026-01-15T12:34:56, but is '{text}'.");
            return null;
        },
    };
}
