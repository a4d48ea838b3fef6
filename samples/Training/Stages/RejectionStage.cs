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
    private readonly TokenLearner _learner;
    private readonly ITrainer _reference;
    private readonly AnswerSampler _sampler;
    private readonly CombinedReward _reward;

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
        _learner = new TokenLearner(setup.Kit.LoadTrainer(start, setup.Trainer(Math.Max(16, pace.Batch))), pace);
        _reference = setup.Kit.LoadTrainer(start, setup.Trainer(16, forwardOnly: true));
        _sampler = new AnswerSampler(setup, _tokenizer, _reference);
        _reward = new CombinedReward(setup);
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
        Wish[] wishes = [.. Enumerable.Range(0, _pace.Batch)
            .SelectMany(i => Enumerable.Repeat(_setup.WishAt(Purpose.TrainingWish, place + i), _answers))];
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

        (double rate, double loss, double norm) = _learner.Learn(batch, step);
        return new StepResult(batch.Count, loss, [rate, loss, norm, rewards.Average(), best]);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => _learner.Save(writer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader) => _learner.Load(reader);

    /// <inheritdoc/>
    public void Finish(string folder, StepLog log)
    {
        ModelKit.Save(_learner.Trainer, _tokenizer, _setup.ModelOf(Folder));
        Report.Save(Path.Combine(folder, "report.json"), Evaluation.Run(_setup, _tokenizer, _learner.Trainer, _reference, Folder, _judged));
        (double[] tokens, double[] means) = log.Curve("mean_reward");
        Curves.Save(Path.Combine(folder, "curves.png"), "Rejection sampling", "tokens learned", "reward",
            [new Curve($"mean of {_answers}", tokens, means).Smooth(9),
                new Curve($"best of {_answers}", tokens, log.Curve("best_reward").Values).Smooth(9)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sampler.Dispose();
        _reward.Dispose();
        _learner.Dispose();
        _reference.Dispose();
    }
}
