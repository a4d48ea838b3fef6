using System;
using System.Collections.Generic;
using System.Text;
using Llamalith.Tokenization;

namespace Llamalith.Chat;

/// <summary>
/// The form of conversations with Llama-2-Chat: <c>&lt;s&gt;[INST] &lt;&lt;SYS&gt;&gt;\n{system}\n&lt;&lt;/SYS&gt;&gt;\n\n{user} [/INST]
/// {answer} &lt;/s&gt;&lt;s&gt;[INST] {user} [/INST]</c>. BOS and EOS are tokens; text that spells them stays text.
/// </summary>
public static class Llama2ChatTemplate
{
    private const string BeginInstruction = "[INST] ", EndInstruction = " [/INST]";
    private const string BeginSystem = "<<SYS>>\n", EndSystem = "\n<</SYS>>\n\n";

    /// <summary>A turn's prompt, without its BOS.</summary>
    /// <param name="user">What the user says.</param>
    /// <param name="system">The system instruction, which only a conversation's first turn has; null for none.</param>
    public static string Prompt(string user, string? system = null)
    {
        ArgumentNullException.ThrowIfNull(user);
        string content = system is null ? user.Trim() : BeginSystem + system.Trim() + EndSystem + user.Trim();
        return BeginInstruction + content + EndInstruction;
    }

    /// <summary>A whole conversation as text, with BOS and EOS spelled out: to look at, not to encode.</summary>
    public static string Format(IReadOnlyList<ChatTurn> turns, string? system = null)
    {
        ArgumentNullException.ThrowIfNull(turns);
        StringBuilder text = new();
        for (int i = 0; i < turns.Count; i++)
        {
            text.Append("<s>").Append(Prompt(turns[i].User, i == 0 ? system : null));
            if (turns[i].Answer is { } answer)
                text.Append(' ').Append(answer.Trim()).Append(" </s>");
        }

        return text.ToString();
    }

    /// <summary>A conversation as tokens.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="turns">The turns; only the last may be without an answer.</param>
    /// <param name="system">The system instruction; null for none.</param>
    /// <exception cref="ArgumentException">There are no turns, or one before the last has no answer.</exception>
    /// <exception cref="InvalidOperationException">The vocabulary has no BOS or EOS.</exception>
    public static ChatTokens Encode(Tokenizer tokenizer, IReadOnlyList<ChatTurn> turns, string? system = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(turns);
        if (turns.Count == 0)
            throw new ArgumentException("A conversation has at least one turn.", nameof(turns));
        List<int> tokens = [];
        List<Range> answers = [];
        for (int i = 0; i < turns.Count; i++)
        {
            tokenizer.Encode(Prompt(turns[i].User, i == 0 ? system : null), tokens, addBos: true);
            if (turns[i].Answer is not { } answer)
            {
                if (i < turns.Count - 1)
                {
                    throw new ArgumentException(
                        $"Turn {i} of {turns.Count} has no answer; only the last may be without one.", nameof(turns));
                }

                continue;
            }

            // The space before the answer is the one that encoding puts there.
            int start = tokens.Count;
            tokenizer.Encode(answer.Trim() + " ", tokens, addEos: true);
            answers.Add(start..tokens.Count);
        }

        return new ChatTokens([.. tokens], answers);
    }
}
