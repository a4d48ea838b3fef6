using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Chat;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.StoryTraining.Stages;

/// <summary>What a tokenizer is like.</summary>
/// <param name="VocabSize">Number of tokens.</param>
/// <param name="TokensPerStory">Tokens of a held-out story, BOS left out and EOS counted.</param>
/// <param name="CharactersPerToken">Characters of a held-out story for each of them.</param>
/// <param name="LongestStory">Tokens of the longest held-out story, with BOS.</param>
/// <param name="FloorBitsPerToken">The exact entropy of the held-out stories, by token.</param>
/// <param name="FloorPerplexity">The best perplexity that any model can reach on them: 2 to that power.</param>
internal sealed record TokenizerReport(
    int VocabSize, double TokensPerStory, double CharactersPerToken, int LongestStory, double FloorBitsPerToken, double FloorPerplexity);

/// <summary>Learns the vocabulary from the corpus and from some conversations, so that the template's marks are cheap.</summary>
internal static class TokenizerStage
{
    /// <summary>Its name, also its folder's.</summary>
    public const string Name = "tokenizer";

    /// <summary>The vocabulary, in llama2.c's form.</summary>
    public const string File = "tokenizer.bin";

    // Enough for every word of the world to be seen often.
    private const int Stories = 20000, Dialogues = 6000;

    /// <summary>Learns and writes the vocabulary, unless it is there.</summary>
    public static TokenizerReport Run(Setup setup, int heldOut)
    {
        string corpus = Path.Combine(setup.Folder, CorpusStage.Name, CorpusStage.TrainingFile);
        if (!System.IO.File.Exists(corpus))
            throw new StageException($"{corpus} is missing: `corpus` makes it.");
        string folder = Path.Combine(setup.Folder, Name);
        Directory.CreateDirectory(folder);
        SentencePieceTokenizer tokenizer = Learn(setup, System.IO.File.ReadLines(corpus).Take(Stories));
        string path = Path.Combine(folder, File);
        AtomicFile.RemovePartial(path);
        AtomicFile.Write(path, tokenizer.WriteLlama2c);
        TokenizerReport report = Describe(setup, tokenizer, heldOut);
        Report.Save(Path.Combine(folder, "report.json"), report);
        return report;
    }

    /// <summary>Learns a vocabulary of the model's size.</summary>
    public static SentencePieceTokenizer Learn(Setup setup, IEnumerable<string> stories)
    {
        BpeTrainer trainer = new();
        foreach (string story in stories)
            trainer.Add(story);
        DialogueSource dialogues = new(setup.Wishes);
        for (int i = 0; i < Dialogues; i++)
        {
            Dialogue dialogue = dialogues.Draw(Dice.At(setup.Seed, Purpose.TrainingDialogue, i));
            for (int turn = 0; turn < dialogue.Turns.Count; turn++)
            {
                trainer.Add(Llama2ChatTemplate.Prompt(dialogue.Turns[turn].Wish.Text, turn == 0 ? dialogue.Instruction : null));
                trainer.Add(dialogue.Turns[turn].Answer + " ");
            }
        }

        return trainer.Train(setup.Kit.Shape.VocabSize);
    }

    private static TokenizerReport Describe(Setup setup, SentencePieceTokenizer tokenizer, int count)
    {
        long tokens = 0, characters = 0;
        int longest = 0;
        double bits = 0;
        for (int i = 0; i < count; i++)
        {
            Story story = setup.World.Tell(setup.Seed, Purpose.HeldOutStory, i);
            int length = tokenizer.Encode(story.Text, addBos: true, addEos: true).Length;
            longest = Math.Max(longest, length);
            tokens += length - 1;
            characters += story.Text.Length;
            bits += story.Bits;
        }

        return new TokenizerReport(
            tokenizer.VocabSize, (double)tokens / count, (double)characters / tokens, longest, bits / tokens, Math.Pow(2, bits / tokens));
    }
}
