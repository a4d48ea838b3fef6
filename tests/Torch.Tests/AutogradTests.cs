using System;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Reference;
using Llamalith.TorchPeer;
using Llamalith.Training;

namespace Llamalith.Tests;

/// <summary>A trainer beside torch's automatic derivative: same weights, same batch.</summary>
public sealed class AutogradTests
{
    private const int Length = 48, Sequences = 3;

    public static TheoryData<string> Models => Subject.Names;

    [Theory]
    [MemberData(nameof(Models))]
    public void LossAndGradients_AreTorchs(string model)
    {
        Assert.SkipWhen(TorchLibrary.Obstacle is not null, TorchLibrary.Obstacle ?? "");
        Subject subject = Subject.Named(model);
        using MemoryCheckpoint weights = new RandomWeights { Seed = 9, Layout = subject.Layout, QueryScale = 1 }.Make(subject.Shape);
        using ITrainer trainer = subject.Load(weights, new TrainerOptions { Threads = 2, TokenCapacity = Sequences * Length });
        using TorchLlama torch = new(subject.Shape, subject.Layout, trainer.Parameters);
        (int[] tokens, int[] targets) = BatchOf(subject.Shape.VocabSize, 4);
        double expected = torch.Backward(tokens, targets, Length);
        double actual = Backward(trainer, tokens, targets);
        Assert.Equal(expected, actual, 1e-4);
        foreach (Parameter parameter in trainer.Parameters.Items)
        {
            float[] theirs = torch.Gradient(parameter.Name);
            float[] ours = trainer.Parameters.Gradients(parameter).ToArray();
            double difference = Math.Sqrt(ours.Zip(theirs, static (a, b) => ((double)a - b) * ((double)a - b)).Sum());
            double size = Math.Sqrt(theirs.Sum(static g => (double)g * g));
            Assert.True(difference <= 1e-3 * size, $"{parameter.Name}: off by {difference / size:G3} of the gradient.");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void TenSteps_LoseAsTorchDoes(string model)
    {
        Assert.SkipWhen(TorchLibrary.Obstacle is not null, TorchLibrary.Obstacle ?? "");
        Subject subject = Subject.Named(model);
        using ITrainer trainer = subject.Create(1, new TrainerOptions { Threads = 2, TokenCapacity = Sequences * Length });
        using TorchLlama torch = new(subject.Shape, subject.Layout, trainer.Parameters);
        using AdamW optimizer = new(trainer);
        LearningRateSchedule schedule = new(Peak: 3e-3, WarmupSteps: 3, TotalSteps: 10);
        for (int step = 0; step < 10; step++)
        {
            (int[] tokens, int[] targets) = BatchOf(subject.Shape.VocabSize, (ulong)step + 1);
            Assert.Equal(torch.Backward(tokens, targets, Length), Backward(trainer, tokens, targets), 1e-3);
            torch.Step(schedule.At(step));
            optimizer.Step(schedule.At(step));
        }
    }

    private static double Backward(ITrainer trainer, int[] tokens, int[] targets)
    {
        CrossEntropy loss = new();
        loss.Begin(targets);
        trainer.Forward(tokens, [.. Enumerable.Repeat(Length, Sequences)]);
        trainer.Backward(loss);
        return loss.Mean;
    }

    private static (int[] Tokens, int[] Targets) BatchOf(int vocab, ulong seed)
    {
        var random = new SeededRandom(seed);
        int[] tokens = [.. Enumerable.Range(0, Sequences * Length).Select(_ => random.Next(vocab))];
        int[] targets = new int[tokens.Length];
        TokenTargets.NextTokens(tokens, [.. Enumerable.Repeat(Length, Sequences)], targets);
        targets[random.Next(targets.Length)] = TokenTargets.None;
        return (tokens, targets);
    }
}
