using System;
using System.Globalization;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Training;

namespace Llamalith.Reference;

/// <summary>
/// Gradients against finite differences of the reference model, which computes in double precision and knows no derivative.
/// </summary>
public static class FiniteDifferences
{
    private const double Bound = 1e-3;

    /// <summary>Goes through a batch and back, and compares every tensor's gradient along some directions.</summary>
    /// <param name="trainer">Holds <paramref name="weights"/>, and no gradients.</param>
    /// <param name="batch">What the loss is of.</param>
    /// <param name="weights">In the trainer's order of rows.</param>
    /// <param name="elements">Elements of each tensor that are looked at by themselves, besides all of them together in a random
    /// direction.</param>
    /// <returns>Where they differ by more than a thousandth; null where they nowhere do.</returns>
    public static string? Disagreement(ITrainer trainer, TrainingBatch batch, MemoryCheckpoint weights, int elements)
    {
        CrossEntropy loss = new();
        loss.Begin(batch.Targets);
        trainer.Forward(batch.Tokens, batch.Lengths);
        trainer.Backward(loss);
        var random = new SeededRandom(11);
        foreach (Parameter parameter in trainer.Parameters.Items)
        {
            float[] gradient = trainer.Parameters.Gradients(parameter).ToArray();
            double size = Math.Sqrt(gradient.Sum(static g => (double)g * g) / gradient.Length);
            if (!(size > 0))
                return $"{parameter.Name} has no gradient.";
            for (int i = 0; i <= elements; i++)
            {
                int element = i < elements ? random.Next(gradient.Length) : -1;
                float[] direction = element < 0 ? random.Normals(gradient.Length, 1) : new float[gradient.Length];
                if (element >= 0)
                    direction[element] = 1;
                (double[] way, double change) = Move(trainer.Shape, batch, weights, parameter, direction);
                double expected = gradient.Zip(way, static (g, w) => g * w).Sum(), length = Length(way);
                if (!(Math.Abs(expected - change) <= Bound * (Math.Abs(change) + (size * length))))
                {
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"{parameter.Name}{(element < 0 ? "" : $"[{element}]")}: {expected / length}, but a finite difference is "
                            + $"{change / length}.");
                }
            }
        }

        return null;
    }

    // Some way back and forth along a direction: the way that was really gone, weights being floats, and what the loss changed by.
    private static (double[] Way, double Change) Move(
        ModelShape shape, TrainingBatch batch, MemoryCheckpoint weights, Parameter parameter, float[] direction)
    {
        double step = 2e-3 / Length([.. direction.Select(static d => (double)d)]);
        float[] before = Read(weights, parameter);
        float[] up = [.. before.Zip(direction, (w, d) => (float)(w + (step * d)))];
        float[] down = [.. before.Zip(direction, (w, d) => (float)(w - (step * d)))];
        using MemoryCheckpoint moved = weights.Share();
        moved.Set(parameter.Name, parameter.Rows, parameter.Columns, up);
        double high = batch.Loss(new ReferenceModel(moved, shape));
        moved.Set(parameter.Name, parameter.Rows, parameter.Columns, down);
        double low = batch.Loss(new ReferenceModel(moved, shape));
        return ([.. up.Zip(down, static (a, b) => (double)a - b)], high - low);
    }

    private static double Length(double[] vector) => Math.Sqrt(vector.Sum(static v => v * v));

    private static unsafe float[] Read(MemoryCheckpoint weights, Parameter parameter)
    {
        TensorView tensor = weights.GetTensor(parameter.Name, parameter.Rows, parameter.Columns);
        return new Span<float>(tensor.Data, parameter.Length).ToArray();
    }
}
