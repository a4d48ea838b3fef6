using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>What a reward model is to judge.</summary>
internal enum Aspect
{
    /// <summary>Does the answer do what was asked?</summary>
    Helpfulness,

    /// <summary>Is an unsafe wish declined kindly?</summary>
    Safety,
}

/// <summary>What a reward model came to.</summary>
/// <param name="Aspect">What it judges.</param>
/// <param name="Pairs">Held-out pairs tested with.</param>
/// <param name="Accuracy">The share of them whose better answer it scores higher.</param>
/// <param name="AccuracyByRating">The same, by how much better it is.</param>
internal sealed record RewardReport(Aspect Aspect, int Pairs, double Accuracy, IReadOnlyDictionary<Rating, double> AccuracyByRating);

/// <summary>
/// A reward model: the fine-tuned transformer with a scalar head, trained on pairs of answers with the ranking loss and a margin by rating;
/// for safety also with a classification loss on answers that are known to be safe or not.
/// </summary>
internal sealed class RewardStage : IStage
{
    /// <summary>The paper's small margins: 1, 2/3, 1/3, 0.</summary>
    public const double SmallMargins = 1 / 3.0;

    private const double ClassificationWeight = 0.5;
    private const int TestPairs = 160;

    private readonly Setup _setup;
    private readonly Aspect _aspect;
    private readonly Pace _pace;
    private readonly double _marginStep;
    private readonly int _testEvery, _heldOut;
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly Preferences _preferences;
    private readonly RewardModel _model;
    private readonly AdamW _optimizer;

    /// <summary>A stage before its first step, from the fine-tuned weights and a head of zeros.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="aspect">What the model is to judge.</param>
    /// <param name="pace">Steps, pairs of a step, and rate.</param>
    /// <param name="marginStep">By how much more the better answer is to lead for each step of the rating.</param>
    /// <param name="testEvery">Steps between two looks at held-out pairs.</param>
    /// <param name="heldOut">Number of held-out pairs at the end.</param>
    public RewardStage(Setup setup, Aspect aspect, Pace pace, double marginStep = SmallMargins, int testEvery = 25, int heldOut = 800)
    {
        (_setup, _aspect, _pace, _marginStep, _testEvery, _heldOut) = (setup, aspect, pace, marginStep, testEvery, heldOut);
        _tokenizer = setup.OpenTokenizer();
        _preferences = new Preferences(setup.Wishes);
        _model = RewardModel.Begin(setup, SftStage.Folder, Math.Max(2 * pace.Batch, 16));
        _optimizer = new AdamW(_model.Trainer.Team, [_model.Trainer.Parameters, _model.Head.Parameters]);
    }

    /// <summary>The folder of a reward model.</summary>
    public static string FolderOf(Aspect aspect) => "reward-" + aspect.ToString().ToLowerInvariant();

    /// <inheritdoc/>
    public string Name => FolderOf(_aspect);

    /// <inheritdoc/>
    public string Settings => $"{Name} {_setup} {_pace} margins {_marginStep:R} test {_testEvery}/{_heldOut}";

    /// <inheritdoc/>
    public int Steps => _pace.Steps;

    /// <inheritdoc/>
    public IReadOnlyList<string> Columns { get; } = ["rate", "loss", "gradient_norm", "accuracy", "heldout_accuracy"];

    /// <inheritdoc/>
    public StepResult Step(int step)
    {
        PreferencePair[] pairs =
            [.. Enumerable.Range(0, _pace.Batch).Select(i => Draw(Purpose.TrainingPair, ((long)step * _pace.Batch) + i))];
        double rate = _pace.Schedule.At(step);
        (double loss, float[] scores) = Learn(pairs);
        double norm = _optimizer.Step(rate);
        double accuracy = Enumerable.Range(0, pairs.Length).Average(i => scores[i] > scores[pairs.Length + i] ? 1.0 : 0);
        double test = (step + 1) % _testEvery == 0 ? Accuracy(Test(TestPairs)) : double.NaN;
        return new StepResult(_model.Trainer.Tokens, loss, [rate, loss, norm, accuracy, test]);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => TrainingState.Write(writer, _optimizer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader) => TrainingState.Read(reader, _optimizer);

    /// <inheritdoc/>
    public void Finish(string folder, StepLog log)
    {
        RewardModel.SaveHead(_model.Head, folder);
        ModelKit.Save(_model.Trainer, _tokenizer, _setup.ModelOf(Name));
        (Rating Rating, bool Right)[] tested = Test(_heldOut);
        Report.Save(Path.Combine(folder, "report.json"), new RewardReport(
            _aspect, tested.Length, Accuracy(tested),
            tested.GroupBy(test => test.Rating).OrderByDescending(group => group.Key).ToDictionary(group => group.Key, Accuracy)));
        (double[] tokens, double[] accuracies) = log.Curve("accuracy");
        (double[] testTokens, double[] tests) = log.Curve("heldout_accuracy");
        Curves.Save(Path.Combine(folder, "curves.png"), $"Reward model: {_aspect.ToString().ToLowerInvariant()}", "tokens seen", "accuracy",
            [new Curve("training pairs", tokens, accuracies).Smooth(15), new Curve("held-out pairs", testTokens, tests)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }

    private PreferencePair Draw(Purpose purpose, long place)
    {
        for (long attempt = 0; ; attempt++)
        {
            Dice dice = Dice.At(_setup.Seed ^ (ulong)_aspect, purpose, (place << 8) + attempt);
            PreferencePair pair =
                _aspect == Aspect.Helpfulness ? _preferences.DrawHelpfulness(ref dice) : _preferences.DrawSafety(ref dice);
            if (Math.Max(Encode(pair, pair.Chosen).Length, Encode(pair, pair.Rejected).Length) <= _setup.Kit.Shape.Context)
                return pair;
        }
    }

    private int[] Encode(PreferencePair pair, string answer) => RewardModel.Encode(_tokenizer, pair.Wish, answer);

    /// <summary>Adds the gradients of a batch; returns its loss and the scores, chosen ones first.</summary>
    private (double Loss, float[] Scores) Learn(PreferencePair[] pairs)
    {
        int count = pairs.Length;
        int[][] sequences = [.. pairs.Select(pair => Encode(pair, pair.Chosen)), .. pairs.Select(pair => Encode(pair, pair.Rejected))];
        int[] lengths = [.. sequences.Select(sequence => sequence.Length)];
        _model.Trainer.Forward(sequences.SelectMany(sequence => sequence).ToArray(), lengths);
        int[] last = new int[lengths.Length];
        float[] scores = new float[lengths.Length], gradients = new float[lengths.Length];
        for (int i = 0, end = 0; i < lengths.Length; i++)
        {
            last[i] = (end += lengths[i]) - 1;
            scores[i] = _model.ScoreAt(last[i]);
        }

        float[] margins = [.. pairs.Select(pair => (float)(_marginStep * (int)pair.Rating))];
        double loss = RewardRanking.Differentiate(
            scores.AsSpan(0, count), scores.AsSpan(count), margins, gradients.AsSpan(0, count), gradients.AsSpan(count));
        loss += Classify(pairs, scores, gradients);
        _model.Backward(last, gradients);
        return (loss, scores);
    }

    /// <summary>Adds -ln σ(score) of safe answers and -ln σ(-score) of unsafe ones, so that σ(score) is a probability of safety.</summary>
    private static double Classify(PreferencePair[] pairs, float[] scores, float[] gradients)
    {
        double loss = 0, scale = ClassificationWeight / pairs.Length;
        for (int i = 0; i < scores.Length; i++)
        {
            if (!pairs[i % pairs.Length].Classified)
                continue;
            double sign = i < pairs.Length ? 1 : -1, lead = sign * scores[i];
            double small = Math.Exp(-Math.Abs(lead));
            loss += scale * (Math.Max(0, -lead) + Math.Log(1 + small));
            gradients[i] -= (float)(scale * sign * (lead < 0 ? 1 : small) / (1 + small));
        }

        return loss;
    }

    private (Rating Rating, bool Right)[] Test(int count)
    {
        PreferencePair[] pairs = [.. Enumerable.Range(0, count).Select(i => Draw(Purpose.HeldOutPair, i))];
        float[] chosen = _model.Score([.. pairs.Select(pair => Encode(pair, pair.Chosen))]);
        float[] rejected = _model.Score([.. pairs.Select(pair => Encode(pair, pair.Rejected))]);
        return [.. pairs.Select((pair, i) => (pair.Rating, chosen[i] > rejected[i]))];
    }

    private static double Accuracy(IEnumerable<(Rating Rating, bool Right)> tested) => tested.Average(test => test.Right ? 1.0 : 0);
}
