using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Planning;

/// <summary>A step of a schedule: <see cref="BarrierBefore"/> where all threads must meet first.</summary>
internal sealed record ScheduledStep(Step Step, bool BarrierBefore);

/// <summary>The steps of every layer, and those that follow the last one.</summary>
internal sealed record Schedule(IReadOnlyList<ScheduledStep> Layer, IReadOnlyList<ScheduledStep> Output)
{
    /// <summary>Barriers that one token passes in a layer.</summary>
    public int BarriersPerLayer => Layer.Count(step => step.BarrierBefore);

    /// <summary>Barriers that one token passes in a model of so many layers.</summary>
    public int BarriersPerToken(int layers) => (layers * BarriersPerLayer) + Output.Count(step => step.BarrierBefore);
}

/// <summary>Puts barriers between the steps of a forward pass, and of a training step.</summary>
internal sealed class Scheduler
{
    private readonly BarrierPlacer<PassBuffer> _barriers = new();

    private Scheduler()
    {
    }

    /// <summary>The schedule of a pass.</summary>
    public static Schedule Of(Pass pass) => new Scheduler().Run(pass);

    /// <summary>The schedule of one direction of a training step.</summary>
    public static TrainingSchedule Training(
        IReadOnlyList<TrainingStep> before, IReadOnlyList<TrainingStep> layer, IReadOnlyList<TrainingStep> after)
    {
        BarrierPlacer<TrainingBuffer> barriers = new();
        List<ScheduledTrainingStep> first = Place(before);
        Place(layer);
        return new TrainingSchedule(first, Place(layer), Place(after));

        List<ScheduledTrainingStep> Place(IReadOnlyList<TrainingStep> steps) =>
            steps.Select(step => new ScheduledTrainingStep(step, barriers.Add(step.Reads, step.Writes, step.Split))).ToList();
    }

    // A layer follows a layer: the second round begins with what the first left pending, and is the one that is kept.
    private Schedule Run(Pass pass)
    {
        Place(pass.Layer);
        return new Schedule(Place(pass.Layer), Place(pass.Output));
    }

    private List<ScheduledStep> Place(IReadOnlyList<Step> steps) =>
        steps.Select(step => new ScheduledStep(step, _barriers.Add(step.Reads, step.Writes, step.Split))).ToList();
}
