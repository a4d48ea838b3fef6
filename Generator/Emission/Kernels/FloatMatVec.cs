using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Matrix of floats times vector over panels [begin, end): decode's kernel. A panel is streamed once, front to back; every column of it is
/// multiplied by one broadcast activation.
/// </summary>
internal static class FloatMatVec
{
    public static void Write(KernelClass kernels, FloatMatVecPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (ProductPlan product, FloatBlock format, MatVecTile tile) = (plan.Product, plan.Format, plan.Tile);
        int rows = tile.RowVectors * isa.Lanes;
        kernels.Kernel(
            "MatVec" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x"),
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name}"
                + $" · tile {rows} rows x {tile.Chains} columns · {tile.Accumulators} accumulators"
                + $" · {Code.Grouped((long)product.ColumnCount * format.PanelBytes)} bytes a panel",
            [
                ("byte*", "w"), ("float*", "x"), ("float*", "y"),
                .. ProductEpilogue.UnitParameter(format),
                ("int", "begin"), ("int", "end"),
            ],
            () =>
            {
                if (!plan.IsWholePanel)
                    writer.Line("float* sums = stackalloc float[PanelRows];");
                writer.Line($"{format.ElementType}* v = ({format.ElementType}*)w + (begin * (nint)({product.Columns} * PanelRows));");
                writer.Block("for (int panel = begin; panel < end; panel++)", () =>
                {
                    if (plan.IsWholePanel)
                    {
                        WriteSums(writer, plan, "v");
                        List<string> own = Enumerable.Range(0, tile.RowVectors).Select(i => $"a0{i}").ToList();
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y", own);
                        return;
                    }

                    writer.Block($"for (int row = 0; row < PanelRows; row += {rows})", () =>
                    {
                        writer.Line($"{format.ElementType}* u = v + row;");
                        WriteSums(writer, plan, "u");
                        for (int i = 0; i < tile.RowVectors; i++)
                            writer.Line(isa.Store(Code.At("sums + row", i * isa.Lanes), $"a0{i}"));
                    });
                    writer.Line($"v += {product.Columns} * PanelRows;");
                    List<string> sums = Enumerable.Range(0, ModelPlan.PanelRows / isa.Lanes)
                        .Select(i => isa.Load(Code.At("sums", i * isa.Lanes)))
                        .ToList();
                    ProductEpilogue.Write(writer, isa, product.Epilogue, "y", sums);
                });
            });
    }

    // Leaves the sums in a00, a01, ..., and the pointer behind the panel (if it is the panel's own).
    private static void WriteSums(SourceWriter writer, FloatMatVecPlan plan, string v)
    {
        Dialect isa = plan.Isa;
        MatVecTile tile = plan.Tile;
        string columns = plan.Product.Columns;
        for (int c = 0; c < tile.Chains; c++)
            writer.Line($"{isa.VectorType} {Enumerable.Range(0, tile.RowVectors).Select(i => $"a{c}{i} = {isa.Zero}").Join(", ")};");
        string stop = plan.Tail == 0 ? columns : $"({columns} - {plan.Tail})";
        writer.Block(
            $"for (float* e = x, stop = x + {stop}; e != stop; e += {tile.Chains}, {v} += {tile.Chains} * PanelRows)",
            () => WriteColumns(writer, plan, tile.Chains, v));
        if (plan.Tail > 0)
        {
            writer.Block("", () =>
            {
                writer.Line($"float* e = x + {stop};");
                WriteColumns(writer, plan, plan.Tail, v);
                if (v == "v")
                    writer.Line($"v += {plan.Tail} * PanelRows;");
            });
        }

        string scale = FloatLoad.Scale(plan.Format);
        string scaled = scale.Length == 0 ? "" : " * " + isa.Broadcast(scale);
        for (int i = 0; i < tile.RowVectors; i++)
        {
            string sum = Loops.Tree(Enumerable.Range(0, tile.Chains).Select(c => $"a{c}{i}").ToList(), (a, b) => $"({a} + {b})");
            writer.Line($"a0{i} = {sum}{scaled};");
        }
    }

    private static void WriteColumns(SourceWriter writer, FloatMatVecPlan plan, int columns, string v)
    {
        Dialect isa = plan.Isa;
        for (int c = 0; c < columns; c++)
        {
            writer.Line($"{isa.VectorType} b{c} = {isa.Broadcast($"e[{c}]")};");
            for (int i = 0; i < plan.Tile.RowVectors; i++)
            {
                string weights = FloatLoad.Write(isa, plan.Format, Code.At(v, (c * ModelPlan.PanelRows) + (i * isa.Lanes)));
                writer.Line($"a{c}{i} = {isa.Fma(weights, $"b{c}", $"a{c}{i}")};");
            }
        }
    }
}
