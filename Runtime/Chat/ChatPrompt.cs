using System;
using System.Collections.Generic;
using Llamalith.Tokenization;

namespace Llamalith.Chat;

/// <summary>A conversation as a template wrote it, with what came from outside marked.</summary>
public sealed class ChatPrompt
{
    private readonly int[] _outside;

    internal ChatPrompt(string text, ReadOnlySpan<int> outside)
    {
        Text = text;
        _outside = outside.ToArray();
    }

    /// <summary>All of it: to look at. Encoding this as it stands would let a user's text become control tokens.</summary>
    public string Text { get; }

    /// <summary>
    /// The pieces in order: the template's own text, in which names of control tokens mean these tokens, and text from outside, in which
    /// they are text.
    /// </summary>
    public IEnumerable<ChatPromptPiece> Pieces
    {
        get
        {
            int at = 0;
            for (int i = 0; i < _outside.Length; i += 2)
            {
                if (_outside[i] > at)
                    yield return new ChatPromptPiece(Text[at.._outside[i]], false);
                yield return new ChatPromptPiece(Text[_outside[i].._outside[i + 1]], true);
                at = _outside[i + 1];
            }
            if (at < Text.Length)
                yield return new ChatPromptPiece(Text[at..], false);
        }
    }

    /// <summary>
    /// The prompt as tokens, where a model has read and said some of it before: as far as the prompt begins like that, its tokens stay what
    /// they were,
    /// whichever way the model spelled its answer. So a conversation goes on in a KV cache from where its last turn ended.
    /// </summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="before">What was read and said; null for nothing.</param>
    public int[] Encode(Tokenizer tokenizer, ChatTranscript? before) => before?.Continue(this, tokenizer) ?? Encode(tokenizer);

    /// <summary>
    /// The prompt as tokens. Names of control tokens in the template's own text are these tokens; in text from outside they are text. A
    /// model that expects its prompts to begin with BOS (<see cref="Tokenizer.AddBos"/>) gets one where the template wrote none.
    /// </summary>
    public int[] Encode(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        List<int> tokens = [];
        tokenizer.EncodeMarked(Text, _outside, tokens);
        if (tokenizer.AddBos && tokenizer.BosId >= 0 && (tokens.Count == 0 || tokens[0] != tokenizer.BosId))
            tokens.Insert(0, tokenizer.BosId);
        return [.. tokens];
    }

    /// <summary>Starts and ends of the stretches from outside.</summary>
    internal ReadOnlySpan<int> Outside => _outside;
}

/// <summary>A stretch of a prompt.</summary>
/// <param name="Text">Its text.</param>
/// <param name="IsOutside">Whether it came from a user, a tool or another stranger to the template.</param>
public readonly record struct ChatPromptPiece(string Text, bool IsOutside);
