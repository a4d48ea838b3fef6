using System;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>The steps of one token: vectors, and what each thread computes for itself.</summary>
internal sealed class DecodeSteps : IStepWriter
{
    public void WriteItems(SourceWriter writer, ModelPlan plan)
    {
        if (plan.OwnsResidual)
            writer.Line("new FloatSpan(s.X, PaddedDim).CopyTo(new FloatSpan(t.X, PaddedDim));");
        if (!plan.Visible.IsMixed)
            WriteShare(writer, plan);
    }

    // A thread's share of what a token sees: the same in every layer, or in each another.
    private static void WriteShare(SourceWriter writer, ModelPlan plan)
    {
        writer.Line($"int visible = {VisibleText.VisibleTo(plan.Visible, "PassStart")};");
        writer.Line("int blocks = (visible + BlockPositions - 1) / BlockPositions;");
        writer.Line("(int firstItem, int endItem) = Contracts.WorkerTeam.ShareBlocks(visible, BlockPositions, KvHeads, rank, "
            + "_panels.Length);");
    }

    public void Write(SourceWriter writer, ModelPlan plan, Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Norm:
                writer.Line($"Kernels.RmsNorm({StepText.Residual(plan)}, {StepText.Weights(step.Matrices[0])}, t.Normed);");
                break;
            case StepKind.AddNorm:
                writer.Line($"Kernels.AddNorm(s.Projected, {StepText.Weights(step.Matrices[0])}, t.X);");
                break;
            case StepKind.NormQk:
                StepText.WriteNormQk(writer, "s.Qkv", "t.Qkv");
                break;
            case StepKind.Project:
                foreach (string matrix in step.Matrices)
                    writer.Line(StepText.MatVec(plan, step, matrix, "panels." + matrix));
                break;
            case StepKind.Quantize:
                writer.Line($"Kernels.Quantize{plan.Matrix(step.Matrices[0]).Kernel.Columns}({StepText.OwnInput(step)}, (byte*)t.Record);");
                break;
            case StepKind.Attend:
                if (plan.Visible.IsMixed)
                    WriteShare(writer, plan);
                string qkv = plan.NormsProjections ? "t.Qkv" : "s.Qkv";
                writer.Block("for (int item = firstItem; item < endItem; item++)", () =>
                {
                    writer.Line("// The last block takes in the token's own key and value first.");
                    writer.Nested("if (item / KvHeads == blocks - 1)", $"StoreKeyAndValue(w, layer, item % KvHeads, 0, {qkv});");
                    writer.Line($"AttendBlock(w, layer, item, 0, {(plan.NormsProjections ? "t.Qkv, " : "")}ref t);");
                });
                break;
            case StepKind.Combine:
                writer.Line("Kernels.Combine(s.Max, s.Sum, s.Partials, t.Factors, t.Attended, blocks);");
                break;
            default:
                throw new InvalidOperationException($"One token knows no step {step.Kind}.");
        }
    }
}
