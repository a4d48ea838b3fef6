using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>The struct in Model.g.cs that says what falls to which thread.</summary>
internal static class SharesEmitter
{
    public static void Write(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("/// <summary>What falls to one thread: panels of each matrix. Fixed, so results do not depend on timing.</summary>");
        writer.Block("private readonly struct Share", () =>
        {
            foreach (string name in Names())
                writer.Line($"public readonly int {name}Begin, {name}End;");
            writer.Line();
            writer.Block("public Share(int rank, int threads)", () =>
            {
                foreach (Step step in plan.Graph.Decode.Layer.Concat(plan.Graph.Decode.Head).Where(step => step.Kind == StepKind.Project))
                {
                    // Matrices of one step are shared as if they stood below each other.
                    writer.Line($"(int begin{step.Matrices[0]}, int end{step.Matrices[0]}) = LlamalithContracts.WorkerTeam.Share({step.Matrices.Select(matrix => matrix + "Panels").Join(" + ")}, rank, threads);");
                    string before = "";
                    foreach (string matrix in step.Matrices)
                    {
                        writer.Line($"{matrix}Begin = Math.Clamp(begin{step.Matrices[0]}{before}, 0, {matrix}Panels);");
                        writer.Line($"{matrix}End = Math.Clamp(end{step.Matrices[0]}{before}, 0, {matrix}Panels);");
                        before += $" - {matrix}Panels";
                    }
                }
            });
        });

        IEnumerable<string> Names() => plan.Matrices.Select(matrix => matrix.Name);
    }
}
