using System;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Reference;
using Llamalith.Training;

namespace Llamalith.Tests;

/// <summary>Gradients against finite differences of the reference model, which computes in double precision and knows no derivative.</summary>
public sealed class GradientTests
{
    public static TheoryData<string> Models => Subject.Names;

    [Theory]
    [MemberData(nameof(Models))]
    public void Forward_GivesTheReferencesLoss(string model)
    {
        Subject subject = Subject.Named(model);
        Batch batch = BatchOf(subject);
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
        Batch batch = BatchOf(subject);
        using MemoryCheckpoint weights = WeightsOf(subject);
        using ITrainer trainer = subject.Load(weights, new TrainerOptions { Threads = 2, TokenCapacity = 256 });
        CrossEntropy loss = new();
        loss.Begin(batch.Targets);
        trainer.Forward(batch.Tokens, batch.Lengths);
        trainer.Backward(loss);
        var random = new SeededRandom(11);
        foreach (Parameter parameter in trainer.Parameters.Items)
        {
            float[] gradient = trainer.Parameters.Gradients(parameter).ToArray();
            double size = Math.Sqrt(gradient.Sum(static g => (double)g * g) / gradient.Length);
            Assert.True(size > 0, $"{parameter.Name} has no gradient.");

            // A few elements, and all of them at once along a random direction.
            for (int i = 0; i < 3; i++)
            {
                float[] direction = new float[gradient.Length];
                int element = random.Next(gradient.Length);
                direction[element] = 1;
                Check(direction, $"{parameter.Name}[{element}]", size);
            }

            float[] all = random.Normals(gradient.Length, 1);
            Check(all, parameter.Name, size * Math.Sqrt(gradient.Length));

            void Check(float[] direction, string what, double scale)
            {
                double expected = Slope(subject, batch, weights, parameter, direction);
                double actual = gradient.Zip(direction, static (g, d) => (double)g * d).Sum();
                Assert.True(Math.Abs(expected - actual) <= (1e-3 * Math.Abs(expected)) + (1e-3 * scale), $"{what}: {actual}, but a finite difference is {expected}.");
            }
        }
    }

    // (loss(w + h·d) - loss(w - h·d)) / 2h, with the distance that was really gone after rounding to floats.
    private static double Slope(Subject subject, Batch batch, MemoryCheckpoint weights, Parameter parameter, float[] direction)
    {
        double length = Math.Sqrt(direction.Sum(static d => (double)d * d));
        double step = 2e-3 / length;
        float[] before = Read(weights, parameter);
        float[] up = [.. before.Zip(direction, (w, d) => (float)(w + (step * d)))];
        float[] down = [.. before.Zip(direction, (w, d) => (float)(w - (step * d)))];
        using MemoryCheckpoint moved = weights.Share();
        moved.Set(parameter.Name, parameter.Rows, parameter.Columns, up);
        double high = batch.Loss(new ReferenceModel(moved, subject.Shape));
        moved.Set(parameter.Name, parameter.Rows, parameter.Columns, down);
        double low = batch.Loss(new ReferenceModel(moved, subject.Shape));
        double gone = up.Zip(down, static (a, b) => (double)a - b).Zip(direction, static (delta, d) => delta * d).Sum() / (length * length);
        return (high - low) / gone;
    }

    private static unsafe float[] Read(MemoryCheckpoint weights, Parameter parameter)
    {
        TensorView tensor = weights.GetTensor(parameter.Name, parameter.Rows, parameter.Columns);
        return new Span<float>(tensor.Data, parameter.Length).ToArray();
    }

    private static MemoryCheckpoint WeightsOf(Subject subject) =>
        new RandomWeights { Seed = 5, Layout = subject.Layout, QueryScale = 1 }.Make(subject.Shape);

    private static Batch BatchOf(Subject subject) => Batch.Random(subject.Shape.VocabSize, 3, 5, 1, Math.Min(subject.Shape.Context, 61), 23);
}
