using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Model;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Weights;

/// <summary>
/// Variants.g.cs: the kernels among which products of integers may choose, and each product by itself, so that they can be measured where
/// they run. Which is chosen lies beside each matrix (PackedMatrix.Choice).
/// </summary>
internal static class VariantsEmitter
{
    public static string Write(ModelPlan plan) => EngineFile.Write(plan.Spec, "", " : Contracts.ITunable", writer =>
    {
        writer.Line("/// <summary>Kernels that give the same bits, best guess first, and what they may be told.</summary>");
        writer.Line("Contracts.KernelVariants Contracts.ITunable.Variants => new()");
        writer.Line("{");
        List("Kernels", plan.Variants.Select(Kernel));
        List("ReadAheads", ReadAheadPlan.Weights.Select(ahead => $"new({Code.Int(ahead.FarBytes)}, {Code.Int(ahead.NearBytes)})"));
        List("TokenBlocks", ModelPlan.TokenBlocks.Select(tokens => Code.Int(tokens)));
        List("Matrices", plan.Matrices.Select(matrix =>
            $"new(\"{matrix.Name}\", {matrix.Name}Panels, {matrix.Kernel.Columns}, "
                + (IsClassifier(matrix) ? "LogitRowCount)" : "PrefillChunk)")));
        writer.Line("};");
        writer.Line();
        WriteMatrix(writer, plan);
        writer.Line();
        WriteMultiply(writer, plan);

        void List(string name, IEnumerable<string> items)
        {
            writer.Line($"    {name} =");
            writer.Line("    [");
            foreach (string item in items)
                writer.Line($"        {item},");
            writer.Line("    ],");
        }
    });

    private static bool IsClassifier(MatrixPlan matrix) => matrix.Name == ModelPlan.Classifier;

    private static string Kernel(KernelVariantPlan variant)
    {
        string product = variant.ManyTokens ? "MatMul" : "MatVec";
        return $"new(Contracts.ProductKind.{product}, Contracts.TensorType.{variant.Format.Name}, {Code.Int(variant.Number)}, "
            + $"\"{variant.Isa.Id}\", {Code.Int(variant.Isa.Lanes)}, {Code.Bool(variant.Isa.Prefetches)}, {variant.Isa.Guard})";
    }

    private static void WriteMatrix(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("/// <summary>A layer's matrix by its place in the list, or the classifier.</summary>");
        writer.Method("unsafe Contracts.PackedMatrix Contracts.ITunable.MatrixOf(int layer, int matrix)", () =>
        {
            writer.Line("LayerWeights* w = _weights.Layer + layer;");
            writer.Block("switch (matrix)", () =>
            {
                for (int i = 0; i < plan.Matrices.Count; i++)
                {
                    string label = i == plan.Matrices.Count - 1 ? "default" : $"case {Code.Int(i)}";
                    writer.Nested($"{label}:", $"return {StepText.Weights(plan.Matrices[i].Name)};");
                }
            });
        });
    }

    private static void WriteMultiply(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("/// <summary>Some panels of a matrix times what lies in the buffers of one token or of many.</summary>");
        string parameters = $"int rank, int layer, int matrix, int tokens, {ThreadPanelsEmitter.Range} panels";
        writer.HotMethod($"unsafe void Contracts.ITunable.MultiplyOn({parameters})", () =>
        {
            writer.Line("Scratch s = _scratch;");
            writer.Line("ref Scratch.Thread t = ref s.Threads[rank];");
            writer.Line("LayerWeights* w = _weights.Layer + layer;");
            writer.Block("switch (matrix)", () =>
            {
                for (int i = 0; i < plan.Matrices.Count; i++)
                {
                    string name = plan.Matrices[i].Name;
                    writer.Line($"case {Code.Int(i)}:");
                    writer.Nested("    if (tokens == 1)", "    " + StepText.MatVec(plan, StepOf(plan.Graph.Decode), name, "panels"));
                    Pass many = IsClassifier(plan.Matrices[i]) ? plan.Graph.Logits : plan.Graph.Prefill;
                    writer.Nested("    else", "    " + StepText.MatMul(plan, StepOf(many), name, "panels"));
                    writer.Line("    break;");

                    Step StepOf(Pass pass) => pass.Layer.Concat(pass.Output)
                        .First(step => step.Kind == StepKind.Project && step.Matrices.Contains(name));
                }
            });
        });
    }
}
