using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>The steps of one token: vectors, and what each thread computes for itself.</summary>
internal sealed class DecodeSteps : IStepWriter
{
    public void WriteShare(SourceWriter writer, ModelPlan plan)
    {
        writer.Line($"int visible = _position + 1{(plan.HasWindow ? " - FirstBlock * BlockPositions" : "")};");
        writer.Line("int blocks = (visible + BlockPositions - 1) / BlockPositions;");
        writer.Line("(int firstItem, int endItem) = LlamalithContracts.WorkerTeam.ShareBlocks(visible, BlockPositions, KvHeads, rank, _shares.Length);");
    }

    public void Write(SourceWriter writer, ModelPlan plan, ScheduledStep scheduled)
    {
        Step step = scheduled.Step;
        switch (step.Kind)
        {
            case StepKind.Norm:
                writer.Line($"Kernels.RmsNorm(s.X, {StepText.Weights(step.Matrices[0])}, t.Normed);");
                break;
            case StepKind.Project:
                foreach (string matrix in step.Matrices)
                    writer.Line($"Products.MatVec{plan.Matrix(matrix).Kernel.Name}(in {StepText.Weights(matrix)}, {StepText.Input(step)}{(step.Reads.Contains(Planning.Buffer.Record) ? ", (byte*)t.Record" : "")}, {StepText.Output(step, matrix)}, share.{matrix}Begin, share.{matrix}End);");
                break;
            case StepKind.Quantize:
                writer.Line($"Kernels.Quantize{plan.Matrix(step.Matrices[0]).Kernel.Columns}({StepText.Input(step)}, (byte*)t.Record);");
                break;
            case StepKind.Attend:
                writer.Nested("for (int item = firstItem; item < endItem; item++)", "AttendBlock(w, layer, item, ref t);");
                break;
            default:
                writer.Line("Kernels.Combine(s.Max, s.Sum, s.Partials, t.Factors, t.Attended, blocks);");
                break;
        }
    }
}
