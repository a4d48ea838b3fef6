using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using Llamalith.Tokenization;

namespace Llamalith.Chat;

/// <summary>
/// What a model has read and then said, as text and as tokens. The same text may be spelled in tokens in many ways, and a model need not
/// choose that of
/// the tokenizer; a prompt that repeats the text keeps the model's own (<see cref="ChatPrompt.Encode(Tokenizer, ChatTranscript?)"/>).
/// </summary>
public sealed class ChatTranscript
{
    private readonly ChatPrompt _prompt;
    private readonly int[] _tokens;
    private readonly string? _text;

    /// <summary>Keeps a prompt and the answer to it.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="tokens">Its tokens, then those of the answer without the one that ended it.</param>
    /// <param name="answer">Where the answer begins among them.</param>
    /// <param name="tokenizer">Whose tokens they are.</param>
    /// <exception cref="ArgumentOutOfRangeException">The answer begins outside of the tokens, or a token is not in the
    /// vocabulary.</exception>
    public ChatTranscript(ChatPrompt prompt, ReadOnlySpan<int> tokens, int answer, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfNegative(answer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(answer, tokens.Length);
        _prompt = prompt;
        _tokens = tokens.ToArray();
        _text = TextOf(tokens[answer..], tokenizer) is { } text ? prompt.Text + text : null;
    }

    /// <summary>The tokens of a prompt that begins with all of this; null for one that does not.</summary>
    internal int[]? Continue(ChatPrompt next, Tokenizer tokenizer)
    {
        bool goesOn = _text is not null && next.Text.Length > _text.Length && next.Text.StartsWith(_text, StringComparison.Ordinal);
        if (!goesOn || !HasSameMarks(next))
            return null;

        List<int> rest = [];
        int from = _text!.Length;
        List<int> outside = [];
        for (int i = 0; i < next.Outside.Length; i += 2)
        {
            if (next.Outside[i + 1] > from)
                outside.AddRange([Math.Max(next.Outside[i], from) - from, next.Outside[i + 1] - from]);
        }
        tokenizer.EncodeMarked(next.Text.AsSpan(from), outside.ToArray(), rest);

        // Only a control token parts two texts in every vocabulary: elsewhere the next text's tokens might be other ones beside the answer.
        return rest.Count > 0 && tokenizer.GetKind(rest[0]) == TokenKind.Control ? [.. _tokens, .. rest] : null;
    }

    /// <summary>
    /// An answer's text; null where it has control tokens, which what others wrote must not become, or bytes that are no text.
    /// </summary>
    private static string? TextOf(ReadOnlySpan<int> answer, Tokenizer tokenizer)
    {
        ArrayBufferWriter<byte> bytes = new();
        foreach (int token in answer)
        {
            if (tokenizer.GetKind(token) is TokenKind.Control or TokenKind.Unknown)
                return null;
            bytes.Write(tokenizer.GetPiece(token));
        }
        string text = Encoding.UTF8.GetString(bytes.WrittenSpan);
        return text.Contains('\uFFFD') ? null : text;
    }

    /// <summary>
    /// Whether the same stretches of the prompt came from outside. Otherwise what was a control token might now be what somebody wrote.
    /// </summary>
    private bool HasSameMarks(ChatPrompt next)
    {
        ReadOnlySpan<int> before = _prompt.Outside, now = next.Outside;
        int length = _prompt.Text.Length;
        for (int i = 0; i < now.Length || i < before.Length; i++)
        {
            int a = i < before.Length ? before[i] : length, b = i < now.Length ? Math.Min(now[i], length) : length;
            if (a != b)
                return false;
        }
        return true;
    }
}
