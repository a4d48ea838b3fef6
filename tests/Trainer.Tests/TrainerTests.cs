using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Engines.Trainers;
using Llamalith.Quantization;
using Llamalith.Tools;
using Llamalith.Reference;
using Llamalith.Training;

namespace Llamalith.Tests;

/// <summary>What a trainer promises besides its gradients.</summary>
public sealed class TrainerTests
{
    public static TheoryData<string> Models => Subject.Names;

    [Fact]
    public void Training_OverfitsOneBatch()
    {
        Subject subject = Subject.Named(nameof(GqaTied));
        TrainingBatch batch = TrainingBatch.Random(subject.Shape.VocabSize, 1, 12, 9);
        using ITrainer trainer = subject.Create(1, Options(1));
        using AdamW optimizer = new(trainer, new AdamWOptions { WeightDecay = 0 });
        CrossEntropy loss = new();
        double first = Step(trainer, optimizer, batch, loss);
        for (int step = 0; step < 150; step++)
            Step(trainer, optimizer, batch, loss);
        Assert.InRange(first, 0.9 * Math.Log(subject.Shape.VocabSize), 1.1 * Math.Log(subject.Shape.VocabSize));
        Assert.InRange(loss.Mean, 0, 0.01);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Results_DoNotDependOnThreads(string model)
    {
        Subject subject = Subject.Named(model);
        TrainingBatch batch = TrainingBatch.Random(subject.Shape.VocabSize, 2, 31, 3, 60, 1, 17);
        Assert.Equal(Trained(1), Trained(2));
        Assert.Equal(Trained(1), Trained(3));

        float[] Trained(int threads)
        {
            using ITrainer trainer = subject.Create(7, Options(threads));
            using AdamW optimizer = new(trainer);
            for (int step = 0; step < 3; step++)
                Step(trainer, optimizer, batch, new CrossEntropy());
            return All(trainer.Parameters);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Engine_ReproducesTheTrainersLoss(string model)
    {
        Subject subject = Subject.Named(model);
        TrainingBatch batch = TrainingBatch.Random(subject.Shape.VocabSize, 4, Math.Min(60, subject.Shape.Context));
        using ITrainer trainer = Made(subject, batch);
        double expected = Loss(trainer, batch);
        using ILlamaModel engine = subject.Engine(trainer.ToCheckpoint());
        Assert.Equal(expected, EngineLoss(engine, batch), 1e-4);
    }

    [Fact]
    public void Exports_LoadBackEqual()
    {
        Subject subject = Subject.Named(nameof(GqaTied));
        TrainingBatch batch = TrainingBatch.Random(subject.Shape.VocabSize, 4, 40);
        using ITrainer trainer = Made(subject, batch);
        string folder = Directory.CreateTempSubdirectory("llamalith-export-").FullName;
        try
        {
            string bin = Path.Combine(folder, "model.bin"), gguf = Path.Combine(folder, "model.gguf");
            using (Checkpoint weights = trainer.ToCheckpoint())
            {
                Llama2cExport.Write(weights, bin);
                ModelQuantizer.Quantize(weights, gguf, QuantizationPreset.F32);
            }

            foreach (string path in new[] { bin, gguf })
            {
                using Checkpoint file = Checkpoint.Open(path);
                using ITrainer loaded = subject.Load(file, Options(1));
                Assert.Equal(All(trainer.Parameters), All(loaded.Parameters));
                using ILlamaModel engine = subject.Engine(Checkpoint.Open(path));
                Assert.Equal(Loss(trainer, batch), EngineLoss(engine, batch), 1e-4);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Llama2cExport_RefusesWhatTheFormatCannotSay()
    {
        Subject subject = Subject.Named(nameof(BiasWindow));
        using ITrainer trainer = subject.Create(1, Options(1));
        using Checkpoint weights = trainer.ToCheckpoint();
        ModelMismatchException error = Assert.Throws<ModelMismatchException>(() => Llama2cExport.Write(weights, "never.bin"));
        Assert.Contains("HeadDim = 16", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("never.bin"));
    }

    [Fact]
    public void HiddenGradient_IsWhatGoesThroughTheClassifier()
    {
        Subject subject = Subject.Named(nameof(Mha));
        TrainingBatch batch = TrainingBatch.Random(subject.Shape.VocabSize, 6, 20, 7);
        using ITrainer trainer = Made(subject, batch);
        CrossEntropy loss = new();
        loss.Begin(batch.Targets);
        trainer.Forward(batch.Tokens, batch.Lengths);
        GradientKeeper keeper = new(loss, batch.Tokens.Length, subject.Shape.VocabSize);
        trainer.Backward(keeper);
        float[] expected = Gradient(trainer, TensorNames.TokenEmbedding), query = Gradient(trainer, "blk.0.attn_q.weight");
        trainer.Parameters.ZeroGradients();

        // The same by hand: the gradient by the hidden state is that by the logits times the classifier.
        Parameter classifier = trainer.Parameters[TensorNames.Classifier];
        float[] hidden = new float[batch.Tokens.Length * subject.Shape.Dim];
        for (int token = 0; token < batch.Tokens.Length; token++)
        {
            for (int v = 0; v < subject.Shape.VocabSize; v++)
            {
                float d = keeper.Values[(token * subject.Shape.VocabSize) + v];
                for (int i = 0; i < subject.Shape.Dim; i++)
                    hidden[(token * subject.Shape.Dim) + i] += d * trainer.Parameters.Weights(classifier)[(v * subject.Shape.Dim) + i];
            }
        }

        trainer.Forward(batch.Tokens, batch.Lengths);
        trainer.Backward(null, hidden);
        Near(expected, Gradient(trainer, TensorNames.TokenEmbedding));
        Near(query, Gradient(trainer, "blk.0.attn_q.weight"));
        Assert.All(Gradient(trainer, TensorNames.Classifier), static g => Assert.Equal(0, g));
        trainer.Parameters.ZeroGradients();
        trainer.Forward(batch.Tokens, batch.Lengths);
        trainer.Backward(new GivenLogitGradients(keeper.Values));
        Near(query, Gradient(trainer, "blk.0.attn_q.weight"));
    }

    [Fact]
    public void MaskedTargets_GiveExactlyNoGradient()
    {
        Subject subject = Subject.Named(nameof(Mqa));
        TrainingBatch batch =
            TrainingBatch.Random(subject.Shape.VocabSize, 6, 20, 7) with { Targets = [.. Enumerable.Repeat(TokenTargets.None, 27)] };
        using ITrainer trainer = subject.Create(1, Options(2));
        CrossEntropy loss = new();
        loss.Begin(batch.Targets);
        trainer.Forward(batch.Tokens, batch.Lengths);
        trainer.Backward(loss);
        Assert.All(trainer.Parameters.Items, parameter => Assert.Equal(-1, trainer.Parameters.Gradients(parameter).IndexOfAnyExcept(0f)));
    }

    [Fact]
    public void Sequences_DoNotSeeEachOther()
    {
        Subject subject = Subject.Named(nameof(GqaTied));
        TrainingBatch batch = TrainingBatch.Random(subject.Shape.VocabSize, 8, 33, 20);
        using ITrainer trainer = Made(subject, batch);
        trainer.Forward(batch.Tokens, batch.Lengths);
        float[] together = trainer.Hidden(40).ToArray();
        trainer.Forward(batch.Tokens.AsSpan(33), [20]);
        Assert.Equal(together, trainer.Hidden(7).ToArray());
    }

    [Fact]
    public void ForwardOnly_ComputesTheSameAndRefusesToGoBack()
    {
        Subject subject = Subject.Named(nameof(GqaTied));
        TrainingBatch batch = TrainingBatch.Random(subject.Shape.VocabSize, 8, 33, 20);
        using ITrainer trainer = Made(subject, batch);
        using Checkpoint weights = trainer.ToCheckpoint();
        using ITrainer frozen = subject.Load(weights, Options(2) with { ForwardOnly = true });
        Assert.Equal(Loss(trainer, batch), Loss(frozen, batch));
        Assert.Throws<InvalidOperationException>(() => frozen.Backward(null));
    }

    [Fact]
    public void BadBatches_AreRefusedAndLoseNothing()
    {
        Subject subject = Subject.Named(nameof(Mha));
        using ITrainer trainer = subject.Create(1, new TrainerOptions { Threads = 1, TokenCapacity = 100 });
        Assert.Throws<InvalidOperationException>(() => trainer.Backward(null));
        Assert.Throws<ArgumentException>(() => trainer.Forward([], []));
        Assert.Throws<ArgumentException>(() => trainer.Forward([1, 2, 3], [2]));
        Assert.Throws<ArgumentException>(() => trainer.Forward(new int[97], [97]));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Forward([1, 40], [2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Forward(new int[101], [51, 50]));
        trainer.Forward([1, 2, 3], [3]);
        Assert.Throws<ArgumentException>(() => trainer.Backward(null, new float[5]));
        trainer.Backward(null, new float[3 * 32]);
        Assert.Throws<InvalidOperationException>(() => trainer.Backward(null));
    }

    private static TrainerOptions Options(int threads) => new() { Threads = threads, TokenCapacity = 256 };

    // Some steps away from its random beginning.
    private static ITrainer Made(Subject subject, TrainingBatch batch)
    {
        ITrainer trainer = subject.Create(3, Options(2));
        using AdamW optimizer = new(trainer);
        for (int step = 0; step < 5; step++)
            Step(trainer, optimizer, batch, new CrossEntropy());
        return trainer;
    }

    private static double Step(ITrainer trainer, AdamW optimizer, TrainingBatch batch, CrossEntropy loss)
    {
        loss.Begin(batch.Targets);
        trainer.Forward(batch.Tokens, batch.Lengths);
        trainer.Backward(loss);
        optimizer.Step(5e-3);
        return loss.Mean;
    }

    private static double Loss(ITrainer trainer, TrainingBatch batch)
    {
        CrossEntropy loss = new();
        loss.Begin(batch.Targets);
        trainer.Forward(batch.Tokens, batch.Lengths);
        trainer.ReadLogits(loss);
        return loss.Mean;
    }

    private static double EngineLoss(ILlamaModel engine, TrainingBatch batch)
    {
        double sum = 0;
        engine.Truncate(0);
        for (int i = 0; i < batch.Tokens.Length; i++)
        {
            float[] logits = engine.Decode(batch.Tokens[i]).ToArray();
            if (batch.Targets[i] != TokenTargets.None)
                sum += Math.Log(logits.Sum(static logit => Math.Exp(logit))) - logits[batch.Targets[i]];
        }

        return sum / batch.Targets.Count(static target => target != TokenTargets.None);
    }

    private static float[] Gradient(ITrainer trainer, string name) => trainer.Parameters.Gradients(trainer.Parameters[name]).ToArray();

    private static float[] All(ParameterSet parameters)
    {
        List<float> all = [];
        foreach (Parameter parameter in parameters.Items)
            all.AddRange(parameters.Weights(parameter));
        return [.. all];
    }

    private static void Near(float[] expected, float[] actual)
    {
        float size = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f * size);
    }

    private sealed class GradientKeeper(CrossEntropy loss, int tokens, int vocab) : ILogitsLoss
    {
        public float[] Values { get; } = new float[tokens * vocab];

        public bool Wants(int token) => loss.Wants(token);

        public void Differentiate(int token, Span<float> logits)
        {
            loss.Differentiate(token, logits);
            logits.CopyTo(Values.AsSpan(token * vocab));
        }
    }
}
