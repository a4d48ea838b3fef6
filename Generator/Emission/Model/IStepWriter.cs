using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>Turns the scheduled steps of a pass into the lines that run them.</summary>
internal interface IStepWriter
{
    /// <summary>Writes what a thread finds out before the first layer: which tokens or parts of the cache are its own.</summary>
    void WriteShare(SourceWriter writer, ModelPlan plan);

    /// <summary>Writes one step.</summary>
    void Write(SourceWriter writer, ModelPlan plan, ScheduledStep step);
}
