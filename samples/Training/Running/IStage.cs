using System;
using System.Collections.Generic;
using System.IO;

namespace Llamalith.StoryTraining.Running;

/// <summary>What one step came to.</summary>
/// <param name="Tokens">Tokens that were trained on.</param>
/// <param name="Loss">The number to watch.</param>
/// <param name="Values">One for each of <see cref="IStage.Columns"/>; NaN where a step has none.</param>
internal sealed record StepResult(long Tokens, double Loss, double[] Values);

/// <summary>
/// A stage of training, cut into steps. Everything that a step depends on is in what <see cref="Save"/> writes, or follows from the step's
/// number and the settings: so a run that was killed goes on as if it had not been.
/// </summary>
internal interface IStage : IDisposable
{
    /// <summary>Its name, also its folder's.</summary>
    string Name { get; }

    /// <summary>All settings that its numbers depend on. A state of other settings is not gone on from.</summary>
    string Settings { get; }

    /// <summary>Number of steps.</summary>
    int Steps { get; }

    /// <summary>What a step's values are.</summary>
    IReadOnlyList<string> Columns { get; }

    /// <summary>Does a step.</summary>
    StepResult Step(int step);

    /// <summary>Writes the state after the last step: weights, the optimiser's moments, and whatever else is carried on.</summary>
    void Save(BinaryWriter writer);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    void Load(BinaryReader reader);

    /// <summary>Writes the results into a folder, after the last step.</summary>
    void Finish(string folder, StepLog log);
}
