using System;
using System.Collections.Generic;
using System.Text.Json;
using Llamalith.Chat.Jinja;

namespace Llamalith.Chat;

/// <summary>
/// A model's chat template: Jinja, as Python's jinja2 3.1 renders it under the settings of transformers, interpreted. A template sees what
/// it is given and nothing else, and is bounded in steps, memory and depth. Immutable, so that any number of threads can share one.
/// </summary>
public sealed class ChatTemplate
{
    // What a template of more than this would say is no conversation.
    private const int MostUnits = 4 << 20;

    private readonly Body _body;
    private readonly string[] _names;
    private readonly object?[] _globals;

    private ChatTemplate(string source, Body body, string[] names)
    {
        Source = source;
        _body = body;
        _names = names;
        _globals = Array.ConvertAll(names, static name => Globals.Find(name) ?? Scope.Unset);
    }

    /// <summary>The template as it is written.</summary>
    public string Source { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="source">Its text.</param>
    /// <exception cref="ChatTemplateException">It is no Jinja, or nests too deep.</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            if (source.Length > MostUnits)
            {
                throw new TemplateError(
                    ChatTemplateErrorKind.Limit, $"the template has {source.Length} characters, but {MostUnits} are the most");
            }

            return new ChatTemplate(source, Parser.Parse(source, out string[] names), names);
        }
        catch (TemplateError e)
        {
            throw new ChatTemplateException(e.Kind, e.Message, e.Line, e);
        }
    }

    /// <summary>Whether the template ever mentions a variable, such as `tools`.</summary>
    public bool Mentions(string variable) => Array.IndexOf(_names, variable) >= 0;

    /// <summary>Writes a conversation.</summary>
    /// <exception cref="ChatTemplateException">The template refuses it, or cannot go on.</exception>
    /// <exception cref="ArgumentException">Messages or tools are no array.</exception>
    public ChatPrompt Render(ChatTemplateInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Messages.ValueKind != JsonValueKind.Array)
            throw new ArgumentException($"The messages must be a JSON array, but are of kind {input.Messages.ValueKind}.", nameof(input));
        if (input.Tools is { ValueKind: not (JsonValueKind.Array or JsonValueKind.Null) } tools)
            throw new ArgumentException($"The tools must be a JSON array, but are of kind {tools.ValueKind}.", nameof(input));
        Dictionary<string, Func<object?>> variables = new()
        {
            ["messages"] = () => JsonInput.Read(input.Messages),
            ["tools"] = () => input.Tools is { } given ? JsonInput.Read(given) : null,
            ["documents"] = static () => null,
            ["add_generation_prompt"] = () => Values.Box(input.AddGenerationPrompt),
        };
        AddMark("bos_token", input.BosToken);
        AddMark("eos_token", input.EosToken);
        AddMark("unk_token", input.UnknownToken);
        AddMark("pad_token", input.PaddingToken);
        foreach (KeyValuePair<string, JsonElement> variable in input.Variables ?? new Dictionary<string, JsonElement>())
        {
            bool isMark = variable.Key is "bos_token" or "eos_token" or "unk_token" or "pad_token";
            variables[variable.Key] = () => JsonInput.Read(variable.Value, isOutside: !isMark);
        }
        return Render(variables, input.Limits, input.Now ?? DateTime.Now);

        void AddMark(string name, string? text)
        {
            if (text is not null)
                variables[name] = () => new Text(text);
        }
    }

    /// <summary>Renders with these variables and no others.</summary>
    internal ChatPrompt Render(IReadOnlyDictionary<string, Func<object?>> variables, ChatTemplateLimits limits, DateTime now)
    {
        Run? run = null;
        try
        {
            object?[] values = [.. _globals];
            for (int id = 0; id < values.Length; id++)
                if (variables.TryGetValue(_names[id], out Func<object?>? variable))
                    values[id] = variable();
            run = new Run(limits, InputSize.Of(values), now) { Scope = new Scope(null, values) };
            _body.Execute(run);
            Text text = run.Output.ToText();
            return new ChatPrompt(text.Value, text.OutsideBounds);
        }
        catch (TemplateError e)
        {
            throw new ChatTemplateException(e.Kind, e.Message, e.Line > 0 ? e.Line : run?.Line ?? 0, e);
        }
    }
}
