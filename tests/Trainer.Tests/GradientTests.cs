using Llamalith.Contracts;
using Llamalith.Reference;
using Llamalith.Training;

namespace Llamalith.Tests;

/// <summary>
/// Gradients against finite differences of the reference model, which computes in double precision and knows no derivative.
/// </summary>
public sealed class GradientTests
{
    public static TheoryData<string> Models => Subject.Names;

    [Theory]
    [MemberData(nameof(Models))]
    public void Forward_GivesTheReferencesLoss(string model)
    {
        Subject subject = Subject.Named(model);
        TrainingBatch batch = BatchOf(subject);
        using MemoryCheckpoint weights = WeightsOf(subject);
        using ITrainer trainer = subject.Load(weights, new TrainerOptions { Threads = 2, TokenCapacity = 256 });
        CrossEntropy loss = new();
        loss.Begin(batch.Targets);
        trainer.Forward(batch.Tokens, batch.Lengths);
        trainer.ReadLogits(loss);
        double expected = batch.Loss(new ReferenceModel(weights, subject.Shape));
        Assert.Equal(expected, loss.Mean, 1e-5 * expected);
        trainer.Backward(loss);
        Assert.Equal(expected, loss.Mean, 1e-5 * expected);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Backward_AgreesWithFiniteDifferences(string model)
    {
        Subject subject = Subject.Named(model);
        TrainingBatch batch = BatchOf(subject);
        using MemoryCheckpoint weights = WeightsOf(subject);
        using ITrainer trainer = subject.Load(weights, new TrainerOptions { Threads = 2, TokenCapacity = 256 });
        Assert.Null(FiniteDifferences.Disagreement(trainer, batch, weights, elements: 3));
    }

    private static MemoryCheckpoint WeightsOf(Subject subject) =>
        new RandomWeights { Seed = 5, Layout = subject.Layout, QueryScale = 1 }.Make(subject.Shape);

    // More tokens than a product takes at once.
    private static TrainingBatch BatchOf(Subject subject) => TrainingBatch.Random(subject.Shape.VocabSize, 3, 5, 1, 61, 23, 47);
}
