using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>ThreadPanels.g.cs: what of each matrix falls to which thread.</summary>
internal static class ThreadPanelsEmitter
{
    public static string Write(ModelPlan plan) => EngineFile.Write(plan.Spec, writer =>
    {
        writer.Line("/// <summary>The panels of each matrix that fall to one thread. Fixed, so results do not depend on timing.</summary>");
        writer.Block("private readonly struct ThreadPanels", () =>
        {
            foreach (MatrixPlan matrix in plan.Matrices)
                writer.Line($"public readonly int {matrix.Name}Begin, {matrix.Name}End;");
            writer.Line();
            writer.Method("public ThreadPanels(int rank, int threads)", () =>
            {
                foreach (Step step in plan.Graph.Decode.Layer.Concat(plan.Graph.Decode.Output).Where(step => step.Kind == StepKind.Project))
                    WriteStep(writer, step);
            });
        });
    });

    // Matrices of one step are shared as if they stood below each other.
    private static void WriteStep(SourceWriter writer, Step step)
    {
        string first = step.Matrices[0];
        string panels = step.Matrices.Select(matrix => matrix + "Panels").Join(" + ");
        writer.Line($"(int begin{first}, int end{first}) = Contracts.WorkerTeam.Share({panels}, rank, threads);");
        string before = "";
        foreach (string matrix in step.Matrices)
        {
            writer.Line($"{matrix}Begin = Math.Clamp(begin{first}{before}, 0, {matrix}Panels);");
            writer.Line($"{matrix}End = Math.Clamp(end{first}{before}, 0, {matrix}Panels);");
            before += $" - {matrix}Panels";
        }
    }
}
