using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Contracts;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>How PPO weighs things.</summary>
internal sealed record PpoOptions
{
    /// <summary>Nats of KL to the fine-tuned model that one unit of whitened reward is worth: β.</summary>
    public double KlPenalty { get; init; } = 0.05;

    /// <summary>How far a probability may move before it is no longer rewarded.</summary>
    public double Clip { get; init; } = 0.2;

    /// <summary>
    /// λ of the advantages. 1: every token answers for the whole reward, less what the critic expected there. What a story is about shows
    /// in its first words and the reward comes a hundred tokens later, of which 0.95 would leave them 0.6 %.
    /// </summary>
    public double Decay { get; init; } = 1;

    /// <summary>How often each answer is learned from.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Answers of one step of the optimiser.</summary>
    public int MiniBatch { get; init; } = 16;

    /// <summary>The critic's rate, as a multiple of the policy's.</summary>
    public double CriticRate { get; init; } = 3;

    /// <summary>Number of answers that are judged at the end.</summary>
    public int Judged { get; init; } = 300;
}

/// <summary>
/// Proximal policy optimisation (arXiv 2307.09288, section 3.2.3): answers drawn from the policy by its compiled engine, rewarded by both
/// reward models with whitened scores, less β·KL to the fine-tuned model token by token. The critic begins as the helpfulness model, with a
/// head of zeros.
/// </summary>
internal sealed class PpoStage : IStage
{
    /// <summary>The stage's folder.</summary>
    public const string Folder = "ppo";

    // Far from the answers that rejection sampling drew.
    private const long FirstPlace = 1L << 40;

    private readonly Setup _setup;
    private readonly Pace _pace;
    private readonly PpoOptions _options;
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly ITrainer _policy, _reference;
    private readonly RewardModel _critic;
    private readonly CombinedReward _reward;
    private readonly AdamW _policyOptimizer, _criticOptimizer;
    private readonly CrossEntropy _likelihood = new();
    private readonly PpoPolicyLoss _loss;

    /// <summary>A stage before its first step, from what rejection sampling made.</summary>
    public PpoStage(Setup setup, Pace pace, PpoOptions options)
    {
        (_setup, _pace, _options) = (setup, pace, options);
        _tokenizer = setup.OpenTokenizer();
        int sequences = Math.Max(16, options.MiniBatch);
        _policy = setup.Kit.LoadTrainer(setup.ModelOf(RejectionStage.Folder), setup.Trainer(sequences));
        _reference = setup.Kit.LoadTrainer(setup.ModelOf(SftStage.Folder), setup.Trainer(sequences, forwardOnly: true));
        _critic = RewardModel.Begin(setup, RewardStage.FolderOf(Aspect.Helpfulness), sequences);
        _reward = new CombinedReward(setup);
        AdamWOptions adam = new() { WeightDecay = 0 };
        _policyOptimizer = new AdamW(_policy, adam);
        _criticOptimizer = new AdamW(_critic.Trainer.Team, [_critic.Trainer.Parameters, _critic.Head.Parameters], adam);
        _loss = new PpoPolicyLoss { Clip = options.Clip };
    }

    /// <inheritdoc/>
    public string Name => Folder;

    /// <inheritdoc/>
    public string Settings => $"{Folder} {_setup} {_pace} {_options}";

    /// <inheritdoc/>
    public int Steps => _pace.Steps;

    /// <inheritdoc/>
    public IReadOnlyList<string> Columns { get; } =
        ["rate", "reward", "kl_to_sft", "policy_loss", "first_ratio", "first_divergence", "clipped", "critic_loss", "does_right",
            "unsafe_declined"];

    /// <inheritdoc/>
    public StepResult Step(int step)
    {
        long place = FirstPlace + ((long)step * _pace.Batch);
        Wish[] wishes = [.. Enumerable.Range(0, _pace.Batch).Select(i => _setup.WishAt(Purpose.TrainingWish, place + i))];
        Rollout[] rollouts = Roll(wishes, place, out float[] rewards);
        double rate = _pace.Schedule.At(step);
        double policyLoss = 0, criticLoss = 0, clipped = 0, firstRatio = double.NaN, firstDivergence = double.NaN;
        int parts = 0;
        foreach (Rollout[] part in Enumerable.Repeat(rollouts.Chunk(_options.MiniBatch), _options.Epochs).SelectMany(parts => parts))
        {
            (double loss, double ratio, double divergence, double share) = LearnPolicy(part, rate);
            if (parts++ == 0)
                (firstRatio, firstDivergence) = (ratio, divergence);
            policyLoss += loss;
            clipped += share;
            criticLoss += LearnCritic(part, rate * _options.CriticRate);
        }

        Verdict[] verdicts =
            [.. wishes.Select((wish, i) => Judge.Of(wish, _tokenizer.Decode(rollouts[i].Sample.Answer), rollouts[i].Sample.Finished))];
        Verdict[] unsafeWishes = [.. verdicts.Where((_, i) => wishes[i].Kind == WishKind.Unsafe)];
        double kl = rollouts.Average(rollout => rollout.LogProbabilities.Sum() - rollout.ReferenceLogProbabilities.Sum());
        return new StepResult(rollouts.Sum(rollout => rollout.Sample.Tokens.Length), -rewards.Average(),
        [
            rate, rewards.Average(), kl, policyLoss / parts, firstRatio, firstDivergence, clipped / parts, criticLoss / parts,
            verdicts.Average(verdict => verdict.DoesRight ? 1.0 : 0),
            unsafeWishes.Length == 0 ? double.NaN : unsafeWishes.Average(verdict => verdict.Declined ? 1.0 : 0),
        ]);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        TrainingState.Write(writer, _policyOptimizer);
        TrainingState.Write(writer, _criticOptimizer);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader)
    {
        TrainingState.Read(reader, _policyOptimizer);
        TrainingState.Read(reader, _criticOptimizer);
    }

    /// <inheritdoc/>
    public void Finish(string folder, StepLog log)
    {
        ModelKit.Save(_policy, _tokenizer, _setup.ModelOf(Folder));
        Report.Save(Path.Combine(folder, "report.json"), Evaluation.Run(_setup, _tokenizer, _policy, _reference, Folder, _options.Judged));
        double[] steps = [.. log.Rows.Select(row => (double)row.Step)];
        Curves.Save(Path.Combine(folder, "curves.png"), "Proximal policy optimisation", "iteration", "reward, and KL in nats an answer",
            [new Curve("reward", steps, log.Curve("reward").Values).Smooth(5),
                new Curve("KL to the SFT model", steps, log.Curve("kl_to_sft").Values).Smooth(5)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _policyOptimizer.Dispose();
        _criticOptimizer.Dispose();
        _reward.Dispose();
        _critic.Dispose();
        _policy.Dispose();
        _reference.Dispose();
    }

    /// <summary>Draws answers, and finds what each of their tokens is worth.</summary>
    private Rollout[] Roll(Wish[] wishes, long place, out float[] rewards)
    {
        Sample[] samples;
        using (AnswerSampler sampler = new(_setup, _tokenizer, _policy))
            samples = sampler.Run([.. wishes.Select(wish => Evaluation.Prompt(_tokenizer, wish))], place);
        rewards = _reward.Score(wishes, samples, _tokenizer);
        float[] whitened = Whiten(wishes, rewards);
        Rollout[] rollouts = [.. samples.Select(sample => new Rollout(sample))];
        for (int begin = 0; begin < rollouts.Length; begin += _options.MiniBatch)
            Measure(rollouts.AsSpan(begin, Math.Min(_options.MiniBatch, rollouts.Length - begin)), whitened.AsSpan(begin));

        // Advantages are whitened over all actions of the batch.
        float[] advantages = [.. rollouts.SelectMany(rollout => rollout.Advantages)];
        PpoValues.Whiten(advantages);
        int at = 0;
        foreach (Rollout rollout in rollouts)
        {
            advantages.AsSpan(at, rollout.Actions).CopyTo(rollout.Advantages);
            at += rollout.Actions;
        }

        return rollouts;
    }

    /// <summary>
    /// Rewards of mean 0 and variance 1 for each kind of wish: the scores of the two reward models have nothing in common, and no answer is
    /// to be thought good only since its wish was easy.
    /// </summary>
    private static float[] Whiten(Wish[] wishes, float[] rewards)
    {
        float[] whitened = [.. rewards];
        foreach (IGrouping<WishKind, int> kind in Enumerable.Range(0, wishes.Length).GroupBy(i => wishes[i].Kind))
        {
            float[] scores = [.. kind.Select(i => rewards[i])];
            PpoValues.Whiten(scores);
            foreach ((int at, int i) in kind.Index())
                whitened[i] = scores[at];
        }

        return whitened;
    }

    private void Measure(ReadOnlySpan<Rollout> rollouts, ReadOnlySpan<float> whitened)
    {
        Batch batch = BatchOf(rollouts);
        double[] policy = batch.LogProbabilities(_policy, _likelihood), reference = batch.LogProbabilities(_reference, _likelihood);
        _critic.Trainer.Forward(batch.Tokens, batch.Lengths);
        int start = 0;
        for (int i = 0; i < rollouts.Length; i++)
        {
            Rollout rollout = rollouts[i];

            // The token before an answer's first predicts it.
            int first = start + rollout.Sample.PromptLength - 1;
            float[] rewards = new float[rollout.Actions];
            for (int t = 0; t < rollout.Actions; t++)
            {
                rollout.LogProbabilities[t] = policy[first + t];
                rollout.ReferenceLogProbabilities[t] = reference[first + t];
                rollout.Values[t] = _critic.ScoreAt(first + t);
                rewards[t] = (float)(-_options.KlPenalty * (policy[first + t] - reference[first + t]));
            }

            rewards[^1] += whitened[i];
            PpoValues.Advantages(rewards, rollout.Values, discount: 1, _options.Decay, rollout.Advantages, rollout.Returns);
            start += rollout.Sample.Tokens.Length - 1;
        }
    }

    private (double Loss, double Ratio, double Divergence, double Clipped) LearnPolicy(Rollout[] rollouts, double rate)
    {
        Batch batch = BatchOf(rollouts);
        int[] targets = batch.Targets;
        double[] before = new double[targets.Length];
        float[] advantages = new float[targets.Length];
        Scatter(rollouts, (rollout, t, at) => (before[at], advantages[at]) = (rollout.LogProbabilities[t], rollout.Advantages[t]));
        _policy.Forward(batch.Tokens, batch.Lengths);
        _loss.Begin(targets, before, advantages);
        _policy.Backward(_loss);
        _policyOptimizer.Step(rate);
        return (_loss.Mean, _loss.MeanRatio, _loss.Divergence, _loss.ClippedShare);
    }

    private double LearnCritic(Rollout[] rollouts, double rate)
    {
        Batch batch = BatchOf(rollouts);
        _critic.Trainer.Forward(batch.Tokens, batch.Lengths);
        List<int> places = [];
        Scatter(rollouts, (_, _, at) => places.Add(at));
        float[] now = [.. places.Select(at => _critic.ScoreAt(at))], gradients = new float[now.Length];
        float[] before = [.. rollouts.SelectMany(rollout => rollout.Values)],
            returns = [.. rollouts.SelectMany(rollout => rollout.Returns)];
        double loss = PpoValues.Differentiate(now, before, returns, _options.Clip, gradients);
        _critic.Backward(CollectionsMarshal.AsSpan(places), gradients);
        _criticOptimizer.Step(rate);
        return loss;
    }

    private static Batch BatchOf(ReadOnlySpan<Rollout> rollouts)
    {
        Batch batch = new();
        foreach (Rollout rollout in rollouts)
            batch.Add(rollout.Sample.Tokens, [rollout.Sample.Range]);
        return batch;
    }

    /// <summary>Calls for each action of the rollouts with its place in their batch.</summary>
    private static void Scatter(Rollout[] rollouts, Action<Rollout, int, int> visit)
    {
        int start = 0;
        foreach (Rollout rollout in rollouts)
        {
            for (int t = 0; t < rollout.Actions; t++)
                visit(rollout, t, start + rollout.Sample.PromptLength - 1 + t);
            start += rollout.Sample.Tokens.Length - 1;
        }
    }

    /// <summary>An answer, and what each of its tokens is worth.</summary>
    private sealed class Rollout(Sample sample)
    {
        public Sample Sample { get; } = sample;

        public int Actions => Sample.Tokens.Length - Sample.PromptLength;

        public double[] LogProbabilities { get; } = new double[sample.Tokens.Length - sample.PromptLength];

        public double[] ReferenceLogProbabilities { get; } = new double[sample.Tokens.Length - sample.PromptLength];

        public float[] Values { get; } = new float[sample.Tokens.Length - sample.PromptLength];

        public float[] Advantages { get; } = new float[sample.Tokens.Length - sample.PromptLength];

        public float[] Returns { get; } = new float[sample.Tokens.Length - sample.PromptLength];
    }
}
