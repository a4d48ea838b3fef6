using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Extensions.AI;
using Llamalith.Sampling;
using Llamalith.Tests.Generation;

namespace Llamalith.Tests;

/// <summary>A chat client over a model that wants to answer as a test says, and a short template of ChatML's kind.</summary>
internal sealed class Script : IDisposable
{
    public const string End = "<|im_end|>", Start = "<|im_start|>", Call = "<tool_call>";

    public const string ChatMl =
        """
        {% for m in messages %}{{ '<|im_start|>' + m.role }}
        {{ m.content }}<|im_end|>
        {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        {% endif %}
        """;

    /// <summary>Qwen's way of tools, in short.</summary>
    public const string Hermes =
        """
        {% if tools %}<|im_start|>system
        {% for t in tools %}{{ t | tojson }}
        {% endfor %}<tool_call>{"name": name, "arguments": arguments}</tool_call><|im_end|>
        {% endif %}{% for m in messages %}{% if m.role == 'tool' %}<|im_start|>user
        <tool_response>{{ m.content }}</tool_response><|im_end|>
        {% else %}{{ '<|im_start|>' + m.role }}
        {% if m.reasoning_content %}{{ '<think>\n' + m.reasoning_content + '\n</think>\n\n' }}{% endif %}{{ m.content }}
        {%- for c in m.tool_calls %}<tool_call>
        {"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}
        </tool_call>{% endfor %}<|im_end|>
        {% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        {% endif %}
        """;

    private readonly List<string> _answers;
    private int _turn = -1;
    private int _promptLength;
    private string _prompt = "";

    /// <param name="template">The template.</param>
    /// <param name="answers">What it wants to say, prompt by prompt; the last one again and again.</param>
    public Script(string template, params string[] answers)
        : this(template, null, answers)
    {
    }

    public Script(string template, LlamaChatClientOptions? options, string[] answers, int context = 4096, string[]? marks = null)
    {
        _answers = [.. answers];
        Tokenizer = new ByteTokenizer([End, Start, .. marks ?? []]);
        Model = new ScriptedModel(Tokenizer.VocabSize, context, Next);
        Client = new LlamaChatClient(
            Model, Tokenizer, null, (options ?? new LlamaChatClientOptions()) with
            {
                ChatTemplate = template,
                Sampling = SamplingOptions.Greedy,
                ModelId = "script",
            });
    }

    public ByteTokenizer Tokenizer { get; }

    public ScriptedModel Model { get; }

    public LlamaChatClient Client { get; }

    /// <summary>All that the model has read of the last prompt, and said.</summary>
    public string Seen => Tokenizer.Show(Model.Tokens);

    /// <summary>Behind which texts an answer may begin.</summary>
    public string[] AnswerMarks { get; init; } = ["<|im_start|>assistant\n"];

    /// <summary>Called at each token.</summary>
    public Action? OnToken { get; set; }

    public void Dispose() => Client.Dispose();

    private int Next(List<int> tokens)
    {
        OnToken?.Invoke();
        string seen = Tokenizer.Show(tokens);
        int at = AnswerMarks.Max(mark => seen.LastIndexOf(mark, StringComparison.Ordinal) + mark.Length);
        string said = seen[at..];
        if (_turn < 0 || at != _promptLength || !seen.StartsWith(_prompt, StringComparison.Ordinal))
        {
            _turn++;
            _promptLength = at;
            _prompt = seen[..at];
        }
        string answer = _answers[Math.Min(_turn, _answers.Count - 1)];

        // Bytes of a character may be missing at the end.
        int[] wanted = [.. Tokenizer.Encode(answer, parseSpecial: true)];
        int[] have = [.. tokens.Skip(Tokenizer.Encode(_prompt, parseSpecial: true).Length)];
        if (have.Length < wanted.Length && wanted.AsSpan(0, have.Length).SequenceEqual(have))
            return wanted[have.Length];

        // Where what was forced has led elsewhere, it goes on with what the answer has behind the same last characters.
        for (int length = said == answer ? 0 : Math.Min(8, said.Length); length > 0; length--)
        {
            int found = answer.LastIndexOf(said[^length..], StringComparison.Ordinal);
            if (found >= 0 && found + length < answer.Length)
                return Tokenizer.Encode(answer.AsSpan(found + length), parseSpecial: true)[0];
            if (found >= 0)
                return Tokenizer.EosId;
        }
        return Tokenizer.EosId;
    }
}
