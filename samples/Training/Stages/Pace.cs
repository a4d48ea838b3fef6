using System;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>How a stage moves the weights.</summary>
/// <param name="Steps">Number of steps.</param>
/// <param name="Batch">Stories, conversations, pairs or prompts of a step.</param>
/// <param name="LearningRate">The peak.</param>
/// <param name="Warmup">The share of the steps in which the rate rises to it.</param>
internal sealed record Pace(int Steps, int Batch, double LearningRate, double Warmup = 0.03)
{
    /// <summary>The rate of each step.</summary>
    public LearningRateSchedule Schedule => new(LearningRate, (int)Math.Ceiling(Steps * Warmup), Steps);
}
