using System;

namespace Llamalith.Training;

/// <summary>
/// Linear warm-up to a peak, then half a cosine down to a share of it (Touvron et al., arXiv 2307.09288, section 2.2: 2000 steps, 10 %).
/// </summary>
/// <param name="Peak">The rate at the end of the warm-up.</param>
/// <param name="WarmupSteps">Steps of the warm-up; 0 for none.</param>
/// <param name="TotalSteps">The step at which the last rate is reached; later ones keep it.</param>
/// <param name="Floor">The last rate, as a share of the peak.</param>
public sealed record LearningRateSchedule(double Peak, int WarmupSteps, int TotalSteps, double Floor = 0.1)
{
    /// <summary>The rate of a step, counted from 0.</summary>
    public double At(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step < WarmupSteps)
            return Peak * (step + 1) / WarmupSteps;
        double done = TotalSteps > WarmupSteps ? Math.Min(1, (double)(step - WarmupSteps) / (TotalSteps - WarmupSteps)) : 1;
        return Peak * (Floor + ((1 - Floor) * (1 + Math.Cos(Math.PI * done)) / 2));
    }
}
