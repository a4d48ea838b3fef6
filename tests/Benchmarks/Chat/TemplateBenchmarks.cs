using System;
using System.Linq;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Llamalith.Chat;

namespace Llamalith.Benchmarks.Chat;

/// <summary>
/// A template of 10 kB, with macros and tools as published ones have them, over a conversation of 60 turns: rendering is to take less than
/// 1 ms.
/// </summary>
[MemoryDiagnoser]
public class TemplateBenchmarks
{
    private const int Turns = 60, TemplateSize = 10_000;

    private const string Head =
        """
        {%- macro describe(schema) -%}
            {%- if schema.type == 'object' -%}{ {%- for name, value in schema.properties|items -%}{{ name }}: {{ describe(value) }}{{ ', ' if not loop.last }}{%- endfor -%} }
            {%- elif schema.enum is defined -%}{{ schema.enum|map('tojson')|join(' | ') }}
            {%- else -%}{{ schema.type|default('any') }}{%- endif -%}
        {%- endmacro -%}
        {{- bos_token }}
        {%- set ns = namespace(last=-1) -%}
        {%- for message in messages -%}{%- if message.role == 'user' -%}{%- set ns.last = loop.index0 -%}{%- endif -%}{%- endfor -%}
        {%- if tools -%}<|im_start|>system
        {% for tool in tools %}{{ tool.function.name }}({{ describe(tool.function.parameters) }}) // {{ tool.function.description }}
        {% endfor %}<|im_end|>
        {% endif %}
        """;

    private const string Body =
        """
        {%- for message in messages %}
            {%- set content = message.content if message.content is string else '' %}
            {%- if message.role not in ['system', 'user', 'assistant', 'tool'] %}{{ raise_exception('Unknown role: ' ~ message.role) }}{% endif %}
            {%- if message.role == 'assistant' and '</think>' in content %}
                {%- set thought = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\n') %}
            {%- endif %}
            {{- '<|im_start|>' + message.role + '\n' }}
            {%- if thought is defined and loop.index0 > ns.last %}{{- '<think>\n' + thought|trim + '\n</think>\n\n' }}{% endif %}
            {{- content|trim }}
            {%- for call in message.tool_calls or [] %}{{- '\n<tool_call>\n' ~ call.function|tojson ~ '\n</tool_call>' }}{% endfor %}
            {{- '<|im_end|>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{% endif %}
        """;

    private ChatTemplate _template = null!;
    private ChatTemplateInput _input = null!;

    /// <summary>Builds the template and the conversation.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        StringBuilder source = new(Head + Body);
        for (int i = 0; source.Length < TemplateSize; i++)
        {
            source.Append("\n{%- if mode == ").Append(i).Append(" -%}{{ raise_exception('mode ").Append(i)
                .Append(" is not for this model: ' ~ messages|length) }}{%- endif -%}");
        }

        _template = ChatTemplate.Parse(source.ToString());
        _input = new ChatTemplateInput
        {
            Messages = JsonSerializer.SerializeToElement(Enumerable.Range(0, Turns).Select(static i => new
            {
                role = i % 2 == 0 ? "user" : "assistant",
                content =
                    (i % 2 == 0 ? "" : "<think>\nHm.\n</think>\n\n") + string.Concat(Enumerable.Repeat("Words that somebody wrote. ", 20)),
            })),
            BosToken = "<s>",
            Now = new DateTime(2026, 1, 15),
        };
    }

    /// <summary>Renders it.</summary>
    [Benchmark]
    public ChatPrompt Render() => _template.Render(_input);

    /// <summary>Reads the template, which is done once.</summary>
    [Benchmark]
    public ChatTemplate Parse() => ChatTemplate.Parse(_template.Source);
}
