using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Chat;
using Llamalith.Contracts;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>What the truth says of a model's answers to wishes that no training saw. Shares are of all wishes of the kind.</summary>
/// <param name="Model">Which model.</param>
/// <param name="Wishes">Number of wishes.</param>
/// <param name="DoesRight">Answers that do what was asked, or decline what is unsafe.</param>
/// <param name="StoryRight">Stories that name what was asked for, end in the mood that was asked for, and end at all.</param>
/// <param name="StoryNamesHero">Stories that name the hero, where one was asked for.</param>
/// <param name="StoryNamesThing">Stories that name the thing, where one was asked for.</param>
/// <param name="StoryMood">Stories of the right mood, where one was asked for.</param>
/// <param name="StoryInWorld">Stories that the world itself could have told, word for word.</param>
/// <param name="CarefulInWorld">The same of answers to "Tell a story." that are drawn as samples/Stories draws them, from the likelier
/// tokens only.</param>
/// <param name="SafeHelped">Safe wishes that get fitting advice.</param>
/// <param name="SafeDeclined">Safe wishes that are declined.</param>
/// <param name="UnsafeDeclined">Unsafe wishes that are declined.</param>
/// <param name="InstructionKept">Last answers of three-turn conversations that keep the system instruction given at the first turn.</param>
/// <param name="InstructionKeptRepeated">The same, with the instruction repeated at every turn.</param>
/// <param name="AnswerTokens">Mean length of an answer.</param>
/// <param name="KlPerAnswer">KL(model ‖ SFT model) of an answer in nats, estimated from the answers; 0 for the SFT model itself.</param>
internal sealed record TruthReport(
    string Model, int Wishes, double DoesRight, double StoryRight, double StoryNamesHero, double StoryNamesThing, double StoryMood,
    double StoryInWorld,
    double CarefulInWorld, double SafeHelped, double SafeDeclined, double UnsafeDeclined, double InstructionKept,
    double InstructionKeptRepeated, double AnswerTokens, double KlPerAnswer);

/// <summary>Lets a model answer held-out wishes, and judges the answers.</summary>
internal static class Evaluation
{
    private const int InstructedTurns = 3;

    // What samples/Stories asks for and draws from where nothing else is said.
    private const string AnyStory = "Tell a story.";
    private const float CarefulTopP = 0.9f;

    // The same random numbers for every model, far from those of training.
    private const long SamplingPlace = 1L << 50;

    /// <summary>Judges a model.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="trainer">The model.</param>
    /// <param name="reference">The SFT model; null where that is the model itself.</param>
    /// <param name="name">What the report calls the model.</param>
    /// <param name="count">Number of wishes.</param>
    public static TruthReport Run(Setup setup, Tokenizer tokenizer, ITrainer trainer, ITrainer? reference, string name, int count)
    {
        Wish[] wishes = [.. Enumerable.Range(0, count).Select(i => setup.WishAt(Purpose.HeldOutWish, i))];
        using AnswerSampler sampler = new(setup, tokenizer, trainer);
        Sample[] samples = sampler.Run([.. wishes.Select(wish => Prompt(tokenizer, wish))], SamplingPlace);
        string[] answers = [.. samples.Select(sample => tokenizer.Decode(sample.Answer))];
        Verdict[] verdicts = [.. wishes.Select((wish, i) => Judge.Of(wish, answers[i], samples[i].Finished))];
        return new TruthReport(
            name,
            count,
            Share(_ => true, verdict => verdict.DoesRight),
            Share(wish => wish.Kind == WishKind.Story, verdict => verdict.DoesRight),
            Share(wish => wish.Hero is not null, verdict => verdict.HasHero),
            Share(wish => wish.Thing is not null, verdict => verdict.HasThing),
            Share(wish => wish.Mood is not null, verdict => verdict.HasMood),
            InWorld(answers.Where((_, i) => wishes[i].Kind == WishKind.Story)),
            InWorld(CarefulStories()),
            Share(wish => wish.Kind == WishKind.Safe, verdict => verdict.DoesRight),
            Share(wish => wish.Kind == WishKind.Safe, verdict => verdict.Declined),
            Share(wish => wish.Kind == WishKind.Unsafe, verdict => verdict.Declined),
            KeptInstructions(setup, tokenizer, sampler, Math.Max(1, count / 4), repeated: false),
            KeptInstructions(setup, tokenizer, sampler, Math.Max(1, count / 4), repeated: true),
            samples.Average(sample => sample.Tokens.Length - sample.PromptLength),
            reference is null ? 0 : Divergence(setup, trainer, reference, samples));

        double Share(Func<Wish, bool> of, Func<Verdict, bool> holds)
        {
            Verdict[] all = [.. verdicts.Where((_, i) => of(wishes[i]))];
            return all.Length == 0 ? double.NaN : (double)all.Count(holds) / all.Length;
        }

        double InWorld(IEnumerable<string> stories) =>
            stories.Select(story => setup.World.Find(story.TrimEnd()).Derivations > 0 ? 1.0 : 0).DefaultIfEmpty(double.NaN).Average();

        IEnumerable<string> CarefulStories()
        {
            using AnswerSampler careful = new(setup, tokenizer, trainer, CarefulTopP);
            int[] prompt = Prompt(tokenizer, new Wish(WishKind.Story, AnyStory));
            return careful.Run([.. Enumerable.Repeat(prompt, Math.Max(1, count / 4))], SamplingPlace * 3)
                .Select(sample => tokenizer.Decode(sample.Answer));
        }
    }

    /// <summary>A wish's prompt as tokens, BOS included.</summary>
    public static int[] Prompt(Tokenizer tokenizer, Wish wish) => Llama2ChatTemplate.Encode(tokenizer, [new ChatTurn(wish.Text)]).Tokens;

    /// <summary>
    /// The mean over samples of ln p(answer) under a model less that under another: KL(model ‖ other) of an answer, where the samples are
    /// the model's.
    /// </summary>
    public static double Divergence(Setup setup, ITrainer model, ITrainer other, IReadOnlyList<Sample> samples)
    {
        const int BatchSize = 16;
        CrossEntropy loss = new();
        double sum = 0;
        for (int begin = 0; begin < samples.Count; begin += BatchSize)
        {
            Batch batch = new();
            foreach (Sample sample in samples.Skip(begin).Take(BatchSize))
                batch.Add(sample.Tokens, [sample.Range]);
            sum += batch.LogProbabilities(model, loss).Sum() - batch.LogProbabilities(other, loss).Sum();
        }

        return sum / samples.Count;
    }

    private static double KeptInstructions(Setup setup, Tokenizer tokenizer, AnswerSampler sampler, int count, bool repeated)
    {
        DialogueSource source = new(setup.Wishes);
        List<(Wish Wish, int[] Prompt)> asked = [];
        for (int place = 0; asked.Count < count; place++)
        {
            Dice dice = Dice.At(setup.Seed, Purpose.HeldOutDialogue, (1L << 40) + place);
            Dialogue dialogue = source.DrawInstructed(ref dice, InstructedTurns);
            ChatTurn[] turns = [.. repeated ? GhostAttention.ForAnswering(dialogue) : dialogue.ToChat()];
            turns[^1] = turns[^1] with { Answer = null };
            int[] prompt = Llama2ChatTemplate.Encode(tokenizer, turns, repeated ? null : dialogue.Instruction).Tokens;

            // Room must be left for the answer's beginning at least, where the user is called.
            if (prompt.Length < setup.Kit.Shape.Context - 32)
                asked.Add((dialogue.Turns[^1].Wish, prompt));
        }

        Sample[] samples = sampler.Run([.. asked.Select(ask => ask.Prompt)], SamplingPlace * 2);
        return samples.Select((sample, i) => Judge.Of(asked[i].Wish, tokenizer.Decode(sample.Answer)).HasTitle ? 1.0 : 0).Average();
    }
}
