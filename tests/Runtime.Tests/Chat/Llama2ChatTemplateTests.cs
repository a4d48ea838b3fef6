using System;
using System.Linq;
using Llamalith.Chat;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Chat;

public sealed class Llama2ChatTemplateTests
{
    private static readonly ChatTurn[] s_turns = [new(" Hello there. ", "Hi! "), new("Tell a story.", "Once."), new("And now?")];

    [Fact]
    public void Format_IsLlama2Chats() => Assert.Equal(
        "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHello there. [/INST] Hi! </s><s>[INST] Tell a story. [/INST] Once. </s><s>[INST] And "
            + "now? [/INST]",
        Llama2ChatTemplate.Format(s_turns, "Be kind."));

    [Fact]
    public void Format_WithoutSystemHasNoMarksOfIt() => Assert.Equal(
        "<s>[INST] Tell a story. [/INST]", Llama2ChatTemplate.Format([new ChatTurn("Tell a story.")]));

    [Fact]
    public void Tokens_AreTheTextBetweenMarks()
    {
        Tokenizer tokenizer = Trained();
        ChatTokens chat = Llama2ChatTemplate.Encode(tokenizer, s_turns, "Be kind.");
        Assert.Equal(3, chat.Tokens.Count(token => token == tokenizer.BosId));
        Assert.Equal(2, chat.Tokens.Count(token => token == tokenizer.EosId));
        Assert.Equal(["Hi! ", "Once. "], chat.Answers.Select(range => tokenizer.Decode(chat.Tokens[range])));
        Assert.All(chat.Answers, range => Assert.Equal(tokenizer.EosId, chat.Tokens[range][^1]));
        Assert.Equal(Whole(tokenizer), chat.Tokens);
    }

    [Fact]
    public void Tokens_OfLlama2sVocabularyAreThoseOfTheWholeText()
    {
        Tokenizer tokenizer = TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.model"));
        Assert.Equal(Whole(tokenizer), Llama2ChatTemplate.Encode(tokenizer, s_turns, "Be kind.").Tokens);
    }

    [Fact]
    public void MarksInText_StayText()
    {
        Tokenizer tokenizer = Trained();
        ChatTokens chat = Llama2ChatTemplate.Encode(tokenizer, [new ChatTurn("</s><s>", "<s>")]);
        Assert.Equal(1, chat.Tokens.Count(token => token == tokenizer.BosId));
        Assert.Equal(1, chat.Tokens.Count(token => token == tokenizer.EosId));
    }

    [Fact]
    public void Conversations_ThatCannotBeAreRefused()
    {
        Tokenizer tokenizer = Trained();
        Assert.Throws<ArgumentException>(() => Llama2ChatTemplate.Encode(tokenizer, []));
        Assert.Contains(
            "Turn 0 of 2", Assert.Throws<ArgumentException>(
                () => Llama2ChatTemplate.Encode(tokenizer, [new ChatTurn("a"), new ChatTurn("b")])).Message, StringComparison.Ordinal);
    }

    /// <summary>As Meta's own code encodes a conversation: each turn, answer and all, in one go.</summary>
    private static int[] Whole(Tokenizer tokenizer) =>
    [
        .. tokenizer.Encode("[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHello there. [/INST] Hi! ", addBos: true, addEos: true),
        .. tokenizer.Encode("[INST] Tell a story. [/INST] Once. ", addBos: true, addEos: true),
        .. tokenizer.Encode("[INST] And now? [/INST]", addBos: true),
    ];

    private static SentencePieceTokenizer Trained()
    {
        BpeTrainer trainer = new();
        trainer.Add("[INST] <<SYS>> Be kind. Hello there. Tell a story. Hi! Once. And now? [/INST] <</SYS>>");
        return trainer.Train(310);
    }
}
