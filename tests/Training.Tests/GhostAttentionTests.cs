using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Chat;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.Stages;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;
using Llamalith.Training;

namespace Llamalith.Tests.Training;

public sealed class GhostAttentionTests
{
    private static readonly DialogueSource s_source = new(new WishWorld(new StoryWorld()));

    private static readonly SentencePieceTokenizer s_tokenizer = Trained();

    [Fact]
    public void Instruction_IsAtTheFirstTurnOnlyAndTheLastAnswerIsLearned()
    {
        Dice dice = Dice.At(1, Purpose.HeldOutDialogue, 0);
        Dialogue dialogue = s_source.DrawInstructed(ref dice, turns: 3);
        ChatTokens chat = GhostAttention.ForLearning(s_tokenizer, dialogue);
        string text = s_tokenizer.Decode(chat.Tokens);
        Assert.Equal(2, text.Split(dialogue.Instruction).Length);
        Assert.Equal(3, chat.Tokens.Count(token => token == s_tokenizer.BosId));

        Batch batch = new();
        batch.Add(chat);
        int[] learned = [.. batch.Targets.Where(target => target != TokenTargets.None)];
        Assert.Equal(dialogue.Turns[^1].Answer + " ", s_tokenizer.Decode(learned));
        Assert.Equal(s_tokenizer.EosId, learned[^1]);

        // Nothing before the last answer has a target; its first token is predicted by the prompt's last.
        Assert.Equal(batch.Targets.Length - learned.Length, batch.Targets.AsSpan().IndexOfAnyExcept(TokenTargets.None));
    }

    [Fact]
    public void Instruction_IsAtEveryTurnWhereAnswersAreMade()
    {
        Dice dice = Dice.At(2, Purpose.HeldOutDialogue, 0);
        Dialogue dialogue = s_source.DrawInstructed(ref dice, turns: 3);
        IReadOnlyList<ChatTurn> turns = GhostAttention.ForAnswering(dialogue);
        Assert.All(turns, turn => Assert.StartsWith(dialogue.Instruction!, turn.User, StringComparison.Ordinal));
        Assert.All(dialogue.Turns, turn => Assert.True(Judge.Of(turn.Wish, turn.Answer).HasTitle));
    }

    [Fact]
    public void Conversation_WithoutInstructionIsLearnedWhole()
    {
        Dialogue dialogue = new(null, [Turn("one", "First answer."), Turn("two", "Second answer.")]);
        Batch batch = new();
        batch.Add(GhostAttention.ForLearning(s_tokenizer, dialogue));
        int[] learned = [.. batch.Targets.Where(target => target != TokenTargets.None)];
        Assert.Equal(2, learned.Count(token => token == s_tokenizer.EosId));
        Assert.Equal("First answer. Second answer. ",
            s_tokenizer.Decode([.. learned.Where(token => token != s_tokenizer.EosId)]).Replace("  ", " ", StringComparison.Ordinal));
        Assert.DoesNotContain(s_tokenizer.BosId, learned);
    }

    private static DialogueTurn Turn(string wish, string answer) => new(new Wish(WishKind.Story, wish), answer);

    private static SentencePieceTokenizer Trained()
    {
        BpeTrainer trainer = new();
        StoryWorld world = new();
        for (int i = 0; i < 300; i++)
            trainer.Add(world.Tell(1, Purpose.TrainingStory, i).Text);
        trainer.Add("[INST] <<SYS>> </SYS> [/INST]");
        return trainer.Train(600);
    }
}
