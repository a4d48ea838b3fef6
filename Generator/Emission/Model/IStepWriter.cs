using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>How the steps of one kind of pass are written.</summary>
internal interface IStepWriter
{
    /// <summary>What falls to a thread, before the first layer.</summary>
    void WriteItems(SourceWriter writer, ModelPlan plan);

    /// <summary>One step.</summary>
    void Write(SourceWriter writer, ModelPlan plan, Step step);
}
