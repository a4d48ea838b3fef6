using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission;

/// <summary>Turns a scheduled step into the lines that run it.</summary>
internal interface IStepWriter
{
    void Write(SourceWriter writer, ModelPlan plan, ScheduledStep step);
}
