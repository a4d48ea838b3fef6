using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;

namespace Llamalith.StoryTraining.Stages;

/// <summary>What pretraining came to.</summary>
/// <param name="Parameters">Number of weights.</param>
/// <param name="TokensSeen">Tokens trained on, each once.</param>
/// <param name="HeldOutStories">Stories tested with.</param>
/// <param name="HeldOutPerplexity">The model's perplexity on them, by token.</param>
/// <param name="FloorPerplexity">The best that any model can reach on them, exactly.</param>
/// <param name="ExcessBitsPerStory">What the model still lacks: bits a story above the floor.</param>
internal sealed record PretrainReport(
    long Parameters, long TokensSeen, int HeldOutStories, double HeldOutPerplexity, double FloorPerplexity, double ExcessBitsPerStory);

/// <summary>Pretraining: the next token of stories, each story a sequence of its own, each seen once.</summary>
internal sealed class PretrainStage : IStage
{
    /// <summary>The stage's folder.</summary>
    public const string Folder = "pretrain";

    private const int TestBatch = 50;

    private readonly Setup _setup;
    private readonly Pace _pace;
    private readonly int _testEvery, _heldOut;
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly TokenLearner _learner;

    /// <summary>A stage before its first step.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="pace">Steps, batch and rate.</param>
    /// <param name="testEvery">Steps between two looks at held-out stories.</param>
    /// <param name="heldOut">Number of held-out stories at the end; a tenth of them on the way.</param>
    public PretrainStage(Setup setup, Pace pace, int testEvery = 100, int heldOut = 2000)
    {
        (_setup, _pace, _testEvery, _heldOut) = (setup, pace, testEvery, heldOut);
        _tokenizer = setup.OpenTokenizer();
        _learner = new TokenLearner(setup.Kit.Create((long)setup.Seed, setup.Trainer(Math.Max(pace.Batch, TestBatch))), pace);
    }

    /// <inheritdoc/>
    public string Name => Folder;

    /// <inheritdoc/>
    public string Settings => $"{Folder} {_setup} {_pace} test {_testEvery}/{_heldOut}";

    /// <inheritdoc/>
    public int Steps => _pace.Steps;

    /// <inheritdoc/>
    public IReadOnlyList<string> Columns { get; } = ["rate", "loss", "gradient_norm", "heldout_perplexity", "floor_perplexity"];

    /// <summary>The stories that a model is tested with, each a sequence of its own.</summary>
    public static int[][] HeldOut(Setup setup, int count)
    {
        SentencePieceTokenizer tokenizer = setup.OpenTokenizer();
        return [.. Enumerable.Range(0, count).Select(i => setup.StoryAt(Purpose.HeldOutStory, i, tokenizer).Tokens)];
    }

    /// <inheritdoc/>
    public StepResult Step(int step)
    {
        Batch batch = new();
        for (int i = 0; i < _pace.Batch; i++)
            batch.Add(_setup.StoryAt(Purpose.TrainingStory, ((long)step * _pace.Batch) + i, _tokenizer).Tokens);

        (double rate, double loss, double norm) = _learner.Learn(batch, step);
        (double perplexity, double floor) =
            (step + 1) % _testEvery == 0 || step == 0 ? Test(Math.Max(1, _heldOut / 10)) : (double.NaN, double.NaN);
        return new StepResult(batch.TargetCount, loss, [rate, loss, norm, perplexity, floor]);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => _learner.Save(writer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader) => _learner.Load(reader);

    /// <inheritdoc/>
    public void Finish(string folder, StepLog log)
    {
        ModelKit.Save(_learner.Trainer, _tokenizer, _setup.ModelOf(Folder));
        (double perplexity, double floor) = Test(_heldOut, out double tokensPerStory);
        Report.Save(Path.Combine(folder, "report.json"), new PretrainReport(
            _learner.Trainer.Parameters.Count, log.Tokens, _heldOut, perplexity, floor, tokensPerStory * Math.Log2(perplexity / floor)));
        (double[] tokens, double[] losses) = log.Curve("loss");
        (double[] testTokens, double[] tests) = log.Curve("heldout_perplexity");
        Curve heldOut = new("held out", testTokens, [.. tests.Select(Math.Log2)]);
        Curves.Save(Path.Combine(folder, "curves.png"), "Pretraining", "tokens seen", "bits a token: log2 of the perplexity",
        [
            new Curve("training", tokens, [.. losses.Select(loss => loss / Math.Log(2))]).Smooth(25),
            heldOut,
            new Curve("exact floor", [tokens[0], tokens[^1]], [Math.Log2(floor), Math.Log2(floor)], Dashed: true),
        ], heldOut.AfterFall);
    }

    /// <inheritdoc/>
    public void Dispose() => _learner.Dispose();

    private (double Perplexity, double Floor) Test(int count) => Test(count, out _);

    private (double Perplexity, double Floor) Test(int count, out double tokensPerStory)
    {
        double nats = 0, bits = 0;
        long tokens = 0;
        for (int begin = 0; begin < count; begin += TestBatch)
        {
            Batch batch = new();
            for (int i = begin; i < Math.Min(count, begin + TestBatch); i++)
            {
                (Story story, int[] sequence) = _setup.StoryAt(Purpose.HeldOutStory, i, _tokenizer);
                batch.Add(sequence);
                bits += story.Bits;
            }

            nats -= _learner.LogProbabilities(batch).Sum();
            tokens += batch.TargetCount;
        }

        tokensPerStory = (double)tokens / count;
        return (Math.Exp(nats / tokens), Math.Pow(2, bits / tokens));
    }
}
