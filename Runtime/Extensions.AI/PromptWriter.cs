using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Chat;
using Llamalith.Contracts;
using Llamalith.Extensions.AI.Answers;
using Llamalith.Extensions.AI.Requests;
using Llamalith.Tokenization;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI;

/// <summary>Conversations as a model's templates write them.</summary>
internal sealed class PromptWriter
{
    private readonly ChatTemplateSet? _set;
    private readonly ChatTemplate _plain, _withTools;
    private readonly ToolForm _plainForm, _form;
    private readonly LlamaChatClientOptions _options;

    public PromptWriter(ChatTemplateSet? set, Tokenizer tokenizer, LlamaChatClientOptions options)
    {
        _set = set;
        _options = options;
        bool hasOwn = set is { Sources.Count: > 0 };
        string? source = options.ChatTemplate ?? (hasOwn ? null : Fallback(tokenizer));
        _plain = source is null ? set!.Get() : ChatTemplate.Parse(source);
        _withTools = source is null ? set!.Get(hasTools: true) : _plain;
        _plainForm = ToolForm.Of(_plain);
        _form = ToolForm.Of(_withTools);
        BosToken = set?.BosToken ?? NameOf(tokenizer, tokenizer.BosId);
        EosToken = set?.EosToken ?? NameOf(tokenizer, tokenizer.EosId);
    }

    private string? BosToken { get; }

    private string? EosToken { get; }

    /// <summary>Writes a prompt.</summary>
    /// <param name="request">The request.</param>
    /// <param name="messages">All messages of its conversation.</param>
    /// <param name="form">How calls are written.</param>
    /// <param name="mayThink">Whether the model may begin with its thoughts.</param>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public ChatPrompt Write(ChatRequest request, IReadOnlyList<ChatMessage> messages, out ToolForm form, out bool mayThink)
    {
        (ChatTemplate template, form) = UsesTools(request, messages) ? (_withTools, _form) : (_plain, _plainForm);
        ChatPrompt prompt = Render(template, form, request, messages);
        mayThink = template.Source.Contains("<think>", StringComparison.Ordinal)
            && !prompt.Text.AsSpan().TrimEnd().EndsWith("</think>", StringComparison.Ordinal);
        return prompt;
    }

    private static bool UsesTools(ChatRequest request, IReadOnlyList<ChatMessage> messages) =>
        request.Tools.Count > 0 || messages.SelectMany(static message => message.Contents)
            .Any(static content => content is FunctionCallContent or FunctionResultContent);

    /// <summary>As the messages are; where the template refuses them, as those that more templates take.</summary>
    private ChatPrompt Render(ChatTemplate template, ToolForm form, ChatRequest request, IReadOnlyList<ChatMessage> messages)
    {
        ChatTemplateException? refusal = null;
        foreach (Merging merging in (Merging[])[Merging.None, Merging.SameRoles, Merging.SystemIntoUser])
        {
            try
            {
                return Render(template, form, request, messages, merging);
            }
            catch (ChatTemplateException e) when (e.Kind == ChatTemplateErrorKind.Raised)
            {
                refusal ??= e;
            }
        }
        throw refusal!;
    }

    private ChatPrompt Render(
        ChatTemplate template, ToolForm form, ChatRequest request, IReadOnlyList<ChatMessage> messages, Merging merging)
    {
        bool hasTools = request.Tools.Count > 0;
        string? system = request.Instructions;
        if (hasTools && !form.IsOfTemplate)
            system = system is null ? MessageJson.Instructions(request.Tools) : $"{system}\n\n{MessageJson.Instructions(request.Tools)}";
        return template.Render(new ChatTemplateInput
        {
            Messages = MessageJson.Write(messages, system, form, merging),
            Tools = hasTools && form.IsOfTemplate ? MessageJson.Write(request.Tools) : null,
            Variables = request.Variables,
            BosToken = BosToken,
            EosToken = EosToken,
            UnknownToken = _set?.UnknownToken,
            PaddingToken = _set?.PaddingToken,
            Now = _options.Clock.GetLocalNow().DateTime,
        });
    }

    private static string Fallback(Tokenizer tokenizer) =>
        NameOf(tokenizer, tokenizer.BosId) == "<s>" && NameOf(tokenizer, tokenizer.EosId) == "</s>" && tokenizer.EotId is -1
            ? ChatTemplateSet.Llama2Source
            : throw new ModelFormatException(
                "The model brings no chat template, and its vocabulary is not Llama 2's: "
                    + $"{nameof(LlamaChatClientOptions)}.{nameof(LlamaChatClientOptions.ChatTemplate)} must say one.");

    private static string? NameOf(Tokenizer tokenizer, int token) => token >= 0 ? tokenizer.GetName(token) : null;
}
