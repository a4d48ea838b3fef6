using System.Collections.Generic;
using Llamalith.Generator.Emission.Model;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Weights;

/// <summary>Products.g.cs: each product in the format that the bound tensor has.</summary>
internal static class ProductsEmitter
{
    private const string Ahead = ", w.Choice->Far, w.Choice->Near";

    public static string Write(ModelPlan plan) => EngineFile.Write(plan.Spec, writer =>
        writer.Block("private static unsafe class Products", () =>
        {
            bool first = true;
            foreach (ProductPlan product in plan.Products)
            {
                if (!first)
                    writer.Line();
                first = false;
                Dispatch(writer, plan, product, "MatVec" + product.Name, "float* y", "y", Ahead + ", w.Choice->MatVec");
                writer.Line();
                DispatchTokens(writer, plan, product, "MatRows", Ahead + ", w.Choice->MatMul", "");
                writer.Line();
                DispatchTokens(writer, plan, product, "MatMul", ", w.Choice->TokenBlock, w.Choice->MatMul", ", t.Unpacked");
            }
        }));

    private static void DispatchTokens(
        SourceWriter writer, ModelPlan plan, ProductPlan product, string kind, string choice, string unpacked) => Dispatch(
        writer, plan, product, kind + product.Name, "float* y, int yStride, in Scratch.Thread t, int tokens", "y, yStride, t.Sums",
        choice, unpacked, ", tokens");

    // Kernels of integers are told besides how far to read ahead, and which of them it is.
    private static void Dispatch(
        SourceWriter writer, ModelPlan plan, ProductPlan product, string name, string outputs, string arguments, string choice,
        string unpacked = "", string tokens = "")
    {
        IReadOnlyList<WeightBlock> formats = plan.FormatsFor(product.ColumnCount);
        string record = plan.IsQuantized(product.ColumnCount) ? ", byte* record" : "";
        string inputs = "in Contracts.PackedMatrix w, float* x" + record;
        writer.Method($"public static void {name}({inputs}, {outputs}, {ThreadPanelsEmitter.Range} panels)", () =>
        {
            if (formats.Count == 1)
            {
                writer.Line(Call(formats[0]));
                return;
            }

            writer.Block("switch (w.Type)", () =>
            {
                foreach (WeightBlock format in formats)
                {
                    writer.Line($"case Contracts.TensorType.{format.Name}:");
                    writer.Line($"    {Call(format)}");
                    writer.Line("    break;");
                }
            });
        });

        string Call(WeightBlock format)
        {
            string scratch = format is IntegerBlock ? unpacked : "";
            string input = format is IntegerBlock ? "record" : "x";
            string unit = format.HasUnit ? ", w.Unit" : "";
            string told = format is IntegerBlock ? choice : "";
            return $"Kernels.{name}{format.Name}(w.Data, {input}, {arguments}{scratch}{unit}{tokens}, panels.Begin, panels.End{told});";
        }
    }
}
