using System;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>From a trainer to what loads or stores its weights.</summary>
public static class TrainerCheckpoints
{
    /// <summary>The weights as they are now. An engine of the same class loads them from memory.</summary>
    public static Checkpoint ToCheckpoint(this ITrainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return new ParameterCheckpoint(trainer.Shape, trainer.RopeLayout, trainer.Parameters);
    }
}
