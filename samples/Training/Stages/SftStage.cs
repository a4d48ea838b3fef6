using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Chat;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;

namespace Llamalith.StoryTraining.Stages;

/// <summary>
/// Supervised fine-tuning: conversations in Llama-2-Chat's form, of which only answers are learned; a share of plain stories, so that the
/// model still tells one when nothing is asked; ghost attention under system instructions.
/// </summary>
internal sealed class SftStage : IStage
{
    /// <summary>The stage's folder.</summary>
    public const string Folder = "sft";

    private const double PlainShare = 0.2;
    private const int TestBatch = 32, TestDialogues = 128;

    private readonly Setup _setup;
    private readonly Pace _pace;
    private readonly int _testEvery, _judged;
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly DialogueSource _dialogues;
    private readonly TokenLearner _learner;

    /// <summary>A stage before its first step, from the pretrained weights.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="pace">Steps, batch and rate.</param>
    /// <param name="testEvery">Steps between two looks at held-out conversations.</param>
    /// <param name="judged">Number of answers that are judged at the end.</param>
    public SftStage(Setup setup, Pace pace, int testEvery = 50, int judged = 300)
    {
        (_setup, _pace, _testEvery, _judged) = (setup, pace, testEvery, judged);
        _tokenizer = setup.OpenTokenizer();
        _dialogues = new DialogueSource(setup.Wishes);
        _learner = new TokenLearner(
            setup.Kit.LoadTrainer(setup.ModelOf(PretrainStage.Folder), setup.Trainer(Math.Max(pace.Batch, TestBatch))), pace);
    }

    /// <inheritdoc/>
    public string Name => Folder;

    /// <inheritdoc/>
    public string Settings => $"{Folder} {_setup} {_pace} test {_testEvery} judged {_judged}";

    /// <inheritdoc/>
    public int Steps => _pace.Steps;

    /// <inheritdoc/>
    public IReadOnlyList<string> Columns { get; } = ["rate", "loss", "gradient_norm", "heldout_loss"];

    /// <inheritdoc/>
    public StepResult Step(int step)
    {
        Batch batch = new();
        for (int i = 0; i < _pace.Batch; i++)
            Add(batch, Dice.At(_setup.Seed, Purpose.TrainingDialogue, ((long)step * _pace.Batch) + i), PlainShare);
        (double rate, double loss, double norm) = _learner.Learn(batch, step);
        double test = (step + 1) % _testEvery == 0 || step == 0 ? Test() : double.NaN;
        return new StepResult(batch.Count, loss, [rate, loss, norm, test]);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => _learner.Save(writer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader) => _learner.Load(reader);

    /// <inheritdoc/>
    public void Finish(string folder, StepLog log)
    {
        ModelKit.Save(_learner.Trainer, _tokenizer, _setup.ModelOf(Folder));
        Report.Save(Path.Combine(folder, "report.json"), Evaluation.Run(_setup, _tokenizer, _learner.Trainer, null, Folder, _judged));
        (double[] tokens, double[] losses) = log.Curve("loss");
        (double[] testTokens, double[] tests) = log.Curve("heldout_loss");
        Curves.Save(Path.Combine(folder, "curves.png"), "Supervised fine-tuning", "tokens seen", "loss",
            [new Curve("training", tokens, losses).Smooth(15), new Curve("held-out answers", testTokens, tests)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _learner.Dispose();

    private void Add(Batch batch, Dice dice, double plainShare)
    {
        if (dice.Chance(plainShare))
        {
            batch.Add(_tokenizer.Encode(_setup.World.Tell(Dice.At(dice.Next(), default, 0)).Text, addBos: true, addEos: true));
            return;
        }

        while (true)
        {
            ChatTokens chat = GhostAttention.ForLearning(_tokenizer, _dialogues.Draw(Dice.At(dice.Next(), default, 0)));
            if (chat.Tokens.Length > _setup.Kit.Shape.Context)
                continue;
            batch.Add(chat);
            return;
        }
    }

    private double Test()
    {
        double nats = 0;
        long targets = 0;
        for (int begin = 0; begin < TestDialogues; begin += TestBatch)
        {
            Batch batch = new();
            for (int i = begin; i < begin + TestBatch; i++)
                Add(batch, Dice.At(_setup.Seed, Purpose.HeldOutDialogue, i), plainShare: 0);
            nats -= _learner.LogProbabilities(batch).Sum();
            targets += batch.TargetCount;
        }

        return nats / targets;
    }
}
