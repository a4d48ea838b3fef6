using System;
using System.IO;
using Llamalith.Contracts;
using Llamalith.StoryTraining.Running;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>
/// A model that learns to predict tokens, with its loss and its optimiser, which it owns: what stages without rewards have in common.
/// </summary>
internal sealed class TokenLearner : IDisposable
{
    private readonly Pace _pace;
    private readonly AdamW _optimizer;
    private readonly CrossEntropy _loss = new();

    /// <summary>A learner before its first step.</summary>
    /// <param name="trainer">The model.</param>
    /// <param name="pace">The rate of each step.</param>
    public TokenLearner(ITrainer trainer, Pace pace) => (Trainer, _pace, _optimizer) = (trainer, pace, new AdamW(trainer));

    /// <summary>The model.</summary>
    public ITrainer Trainer { get; }

    /// <summary>Does a step.</summary>
    /// <returns>The rate, the mean cross-entropy, and the norm of the gradients before they are clipped.</returns>
    public (double Rate, double Loss, double Norm) Learn(Batch batch, int step)
    {
        double rate = _pace.Schedule.At(step);
        double loss = batch.Learn(Trainer, _loss);
        return (rate, loss, _optimizer.Step(rate));
    }

    /// <summary>ln p of each target, 0 where there is none; nothing is learned.</summary>
    public double[] LogProbabilities(Batch batch) => batch.LogProbabilities(Trainer, _loss);

    /// <summary>Writes weights and moments.</summary>
    public void Save(BinaryWriter writer) => TrainingState.Write(writer, _optimizer);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader) => TrainingState.Read(reader, _optimizer);

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        Trainer.Dispose();
    }
}
