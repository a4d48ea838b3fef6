using System.Collections.Generic;
using Llamalith.Generator.Emission.Model;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Weights;

/// <summary>Products.g.cs: each product in the format that the bound tensor has.</summary>
internal static class ProductsEmitter
{
    public static string Write(ModelPlan plan) => EngineFile.Write(plan.Spec, writer =>
        writer.Block("private static unsafe class Products", () =>
        {
            bool first = true;
            foreach (ProductPlan product in plan.Products)
            {
                if (!first)
                    writer.Line();
                first = false;
                Dispatch(writer, plan, product, "MatVec" + product.Name, "float* y", "y");
                writer.Line();
                Dispatch(writer, plan, product, "MatMul" + product.Name,
                    "float* y, int yStride, in Scratch.Thread t, int tokens", "y, yStride, t.Sums", "tokens");
            }
        }));

    private static void Dispatch(
        SourceWriter writer, ModelPlan plan, ProductPlan product, string name, string outputs, string arguments, string tokens = "")
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
            string scratch = tokens.Length == 0 ? "" : format is IntegerBlock ? ", t.Unpacked" : "";
            string count = tokens.Length == 0 ? "" : ", " + tokens;
            string input = format is IntegerBlock ? "record" : "x";
            string unit = format.HasUnit ? ", w.Unit" : "";
            string choice = format is not IntegerBlock ? ""
                : tokens.Length == 0 ? ", w.Choice->Far, w.Choice->Near, w.Choice->MatVec" : ", w.Choice->TokenBlock, w.Choice->MatMul";
            return $"Kernels.{name}{format.Name}(w.Data, {input}, {arguments}{scratch}{unit}{count}, panels.Begin, panels.End{choice});";
        }
    }
}
