using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>
/// Rejection sampling: of K answers that the fine-tuned model draws to each wish, the one with the highest reward is learned as in
/// supervised fine-tuning. All answers come from the model as it was when the stage began.
/// </summary>
internal sealed class RejectionStage : IStage
{
    /// <summary>The stage's folder.</summary>
    public const string Folder = "rejection";

    private readonly Setup _setup;
    private readonly Pace _pace;
    private readonly int _answers, _judged;
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly ITrainer _trainer, _reference;
    private readonly AnswerSampler _sampler;
    private readonly CombinedReward _reward;
    private readonly AdamW _optimizer;
    private readonly CrossEntropy _loss = new();

    /// <summary>A stage before its first step.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="pace">Steps, wishes of a step, and rate.</param>
    /// <param name="answers">K.</param>
    /// <param name="judged">Number of answers that are judged at the end.</param>
    public RejectionStage(Setup setup, Pace pace, int answers = 4, int judged = 300)
    {
        (_setup, _pace, _answers, _judged) = (setup, pace, answers, judged);
        _tokenizer = setup.OpenTokenizer();
        string start = setup.ModelOf(SftStage.Folder);
        _trainer = setup.Kit.LoadTrainer(start, setup.Trainer(Math.Max(16, pace.Batch)));
        _reference = setup.Kit.LoadTrainer(start, setup.Trainer(16, forwardOnly: true));
        _sampler = new AnswerSampler(setup, _tokenizer, _reference);
        _reward = new CombinedReward(setup);
        _optimizer = new AdamW(_trainer);
    }

    /// <inheritdoc/>
    public string Name => Folder;

    /// <inheritdoc/>
    public string Settings => $"{Folder} {_setup} {_pace} K {_answers} judged {_judged}";

    /// <inheritdoc/>
    public int Steps => _pace.Steps;

    /// <inheritdoc/>
    public IReadOnlyList<string> Columns { get; } = ["rate", "loss", "gradient_norm", "mean_reward", "best_reward"];

    /// <inheritdoc/>
    public StepResult Step(int step)
    {
        long place = (long)step * _pace.Batch;
        Wish[] wishes = [.. Enumerable.Range(0, _pace.Batch).SelectMany(i => Enumerable.Repeat(DrawWish(_setup, place + i), _answers))];
        Sample[] samples = _sampler.Run([.. wishes.Select(wish => Evaluation.Prompt(_tokenizer, wish))], place * _answers);
        float[] rewards = _reward.Score(wishes, samples, _tokenizer);
        Batch batch = new();
        double best = 0;
        for (int i = 0; i < samples.Length; i += _answers)
        {
            int chosen = i;
            for (int k = i + 1; k < i + _answers; k++)
            {
                if (rewards[k] > rewards[chosen])
                    chosen = k;
            }

            best += rewards[chosen] / _pace.Batch;
            batch.Add(samples[chosen].Tokens, [samples[chosen].Range]);
        }

        double rate = _pace.Schedule.At(step);
        double loss = batch.Learn(_trainer, _loss);
        double norm = _optimizer.Step(rate);
        return new StepResult(batch.Count, loss, [rate, loss, norm, rewards.Average(), best]);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => TrainingState.Write(writer, _optimizer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader) => TrainingState.Read(reader, _optimizer);

    /// <inheritdoc/>
    public void Finish(string folder, StepLog log)
    {
        ModelKit.Save(_trainer, _tokenizer, _setup.ModelOf(Folder));
        Report.Save(Path.Combine(folder, "report.json"), Evaluation.Run(_setup, _tokenizer, _trainer, _reference, Folder, _judged));
        (double[] tokens, double[] means) = log.Curve("mean_reward");
        Curves.Save(Path.Combine(folder, "curves.png"), "Rejection sampling", "tokens learned", "reward",
            [new Curve($"mean of {_answers}", tokens, means).Smooth(9), new Curve($"best of {_answers}", tokens, log.Curve("best_reward").Values).Smooth(9)]);
    }

    /// <summary>A wish to train on.</summary>
    public static Wish DrawWish(Setup setup, long place)
    {
        Dice dice = Dice.At(setup.Seed, Purpose.TrainingWish, place);
        return setup.Wishes.Draw(ref dice);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sampler.Dispose();
        _reward.Dispose();
        _optimizer.Dispose();
        _trainer.Dispose();
        _reference.Dispose();
    }
}
