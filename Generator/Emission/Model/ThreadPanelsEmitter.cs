using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>ThreadPanels.g.cs: what of each matrix falls to which thread.</summary>
internal static class ThreadPanelsEmitter
{
    /// <summary>The type of some panels of a matrix, one after the other.</summary>
    public const string Range = "(int Begin, int End)";

    public static string Write(ModelPlan plan) => EngineFile.Write(plan.Spec, writer =>
    {
        writer.Line("/// <summary>The panels of each matrix that fall to one thread. Fixed, so results do not depend on timing.</summary>");
        writer.Block("private readonly struct ThreadPanels", () =>
        {
            foreach (MatrixPlan matrix in plan.Matrices)
                writer.Line($"public readonly {Range} {matrix.Name};");
            writer.Line();
            writer.Method("public ThreadPanels(int rank, int threads)", () =>
            {
                foreach (Step step in plan.Graph.Decode.Layer.Concat(plan.Graph.Decode.Output).Where(step => step.Kind == StepKind.Project))
                    WriteStep(writer, step);
            });
            writer.Line();
            writer.Line("// What a thread's share of several matrices holds of the one that lies behind so many panels.");
            writer.Method($"private static {Range} Of({Range} share, int before, int panels)", () =>
                writer.Line("return (Math.Clamp(share.Begin - before, 0, panels), Math.Clamp(share.End - before, 0, panels));"));
        });
    });

    // Matrices of one step are shared as if they stood below each other.
    private static void WriteStep(SourceWriter writer, Step step)
    {
        string all = step.Matrices.Select(static matrix => matrix + "Panels").Join(" + ");
        if (step.Matrices.Count == 1)
        {
            writer.Line($"{step.Matrices[0]} = Contracts.WorkerTeam.Share({all}, rank, threads);");
            return;
        }

        string share = "share" + step.Matrices.Join("");
        writer.Line($"{Range} {share} = Contracts.WorkerTeam.Share({all}, rank, threads);");
        string before = "0";
        foreach (string matrix in step.Matrices)
        {
            writer.Line($"{matrix} = Of({share}, {before}, {matrix}Panels);");
            before = before == "0" ? matrix + "Panels" : $"{before} + {matrix}Panels";
        }
    }
}
