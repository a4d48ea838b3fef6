namespace Llamalith.Chat;

/// <summary>The form of Llama-2-Chat as a template, for its models that bring none: what <see cref="Llama2ChatTemplate"/> writes.</summary>
internal static class Llama2Jinja
{
    public const string Source =
        """
        {%- if messages and messages[0].role == 'system' -%}
            {%- set system = '<<SYS>>\n' ~ messages[0].content|trim ~ '\n<</SYS>>\n\n' -%}
            {%- set turns = messages[1:] -%}
        {%- else -%}
            {%- set system = '' -%}
            {%- set turns = messages -%}
        {%- endif -%}
        {%- for message in turns -%}
            {%- if message.role != ('user' if loop.index0 is even else 'assistant') -%}
                {{- raise_exception('Llama-2-Chat takes turns of user and assistant, after a system message or none; message '
                    ~ loop.index ~ ' is of ' ~ message.role ~ '.') -}}
            {%- elif message.role == 'user' -%}
                {{- bos_token ~ '[INST] ' ~ (system if loop.first else '') ~ message.content|trim ~ ' [/INST]' -}}
            {%- else -%}
                {{- ' ' ~ message.content|trim ~ ' ' ~ eos_token -}}
            {%- endif -%}
        {%- endfor -%}
        """;
}
