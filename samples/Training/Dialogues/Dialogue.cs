using System.Collections.Generic;
using System.Linq;
using Llamalith.Chat;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;

namespace Llamalith.StoryTraining.Dialogues;

/// <summary>A wish and its answer.</summary>
internal sealed record DialogueTurn(Wish Wish, string Answer);

/// <summary>A conversation whose answers are right.</summary>
/// <param name="Instruction">What the system instruction says, for all turns; null for none.</param>
/// <param name="Turns">Its turns.</param>
internal sealed record Dialogue(string? Instruction, IReadOnlyList<DialogueTurn> Turns)
{
    /// <summary>The turns as the template takes them.</summary>
    public IReadOnlyList<ChatTurn> ToChat() => [.. Turns.Select(turn => new ChatTurn(turn.Wish.Text, turn.Answer))];
}

/// <summary>Makes conversations.</summary>
internal sealed class DialogueSource(WishWorld wishes)
{
    private const double InstructedShare = 0.35;

    /// <summary>A conversation: often a single wish, sometimes several under a system instruction.</summary>
    public Dialogue Draw(Dice dice) =>
        dice.Chance(InstructedShare) ? DrawInstructed(ref dice, 1 + dice.Below(3)) : new Dialogue(null, [DrawTurn(ref dice, null)]);

    /// <summary>A conversation under a system instruction that every answer keeps.</summary>
    public Dialogue DrawInstructed(ref Dice dice, int turns)
    {
        (string instruction, string title) = wishes.DrawInstruction(ref dice);
        List<DialogueTurn> made = [];
        for (int i = 0; i < turns; i++)
        {
            // A story only at the end, or the context would be too short for more.
            Wish wish = i < turns - 1
                ? wishes.DrawAct(ref dice, dice.Chance(0.5) ? WishKind.Safe : WishKind.Unsafe, title) : wishes.Draw(ref dice, title);
            made.Add(new DialogueTurn(wish, wishes.Answer(wish, ref dice)));
        }

        return new Dialogue(instruction, made);
    }

    private DialogueTurn DrawTurn(ref Dice dice, string? title)
    {
        Wish wish = wishes.Draw(ref dice, title);
        return new DialogueTurn(wish, wishes.Answer(wish, ref dice));
    }
}

/// <summary>
/// Ghost attention (Touvron et al., arXiv 2307.09288, section 3.3): whoever makes the answers sees the instruction at every turn; the model
/// that learns from them sees it at the first turn only, and learns from the last answer only. So it learns to keep an instruction that
/// was given long ago.
/// </summary>
internal static class GhostAttention
{
    /// <summary>A conversation as its answers are made: the instruction stands before every wish.</summary>
    public static IReadOnlyList<ChatTurn> ForAnswering(Dialogue dialogue) =>
        [.. dialogue.Turns.Select(turn =>
            new ChatTurn(dialogue.Instruction is { } instruction ? $"{instruction} {turn.Wish.Text}" : turn.Wish.Text, turn.Answer))];

    /// <summary>A conversation as it is learned from: the instruction at the first turn, the loss on the last answer.</summary>
    public static ChatTokens ForLearning(Tokenizer tokenizer, Dialogue dialogue)
    {
        ChatTokens chat = Llama2ChatTemplate.Encode(tokenizer, dialogue.ToChat(), dialogue.Instruction);
        return dialogue.Instruction is null ? chat : chat with { Answers = [chat.Answers[^1]] };
    }
}
