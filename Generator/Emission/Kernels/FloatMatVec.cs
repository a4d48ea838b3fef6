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
    public static void Write(KernelClass kernels, ProductPlan product, FloatBlock format)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        MatVecTile tile = KernelTiles.MatVec(isa);
        int rows = tile.RowVectors * isa.Lanes;
        bool wholePanel = rows == ModelPlan.PanelRows;
        kernels.Kernel(
            "MatVec" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x"),
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name} · tile {rows} rows x {tile.Columns} columns · {tile.Accumulators} accumulators · {Code.Grouped((long)product.ColumnCount * format.PanelBytes)} bytes a panel",
            [("byte*", "w"), ("float*", "x"), ("float*", "y"), .. ProductEpilogue.UnitParameter(format), ("int", "begin"), ("int", "end")],
            () =>
            {
                if (!wholePanel)
                    writer.Line("float* sums = stackalloc float[PanelRows];");
                writer.Line($"{format.ElementType}* v = ({format.ElementType}*)w + (begin * (nint)({product.Columns} * PanelRows));");
                writer.Block("for (int panel = begin; panel < end; panel++)", () =>
                {
                    if (wholePanel)
                    {
                        WriteSums(writer, isa, product, format, tile, "v");
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y", Vectors(tile).ToList());
                        return;
                    }

                    writer.Block($"for (int row = 0; row < PanelRows; row += {rows})", () =>
                    {
                        writer.Line($"{format.ElementType}* u = v + row;");
                        WriteSums(writer, isa, product, format, tile, "u");
                        for (int i = 0; i < tile.RowVectors; i++)
                            writer.Line(isa.Store(Code.At("sums + row", i * isa.Lanes), $"a0{i}"));
                    });
                    writer.Line($"v += {product.Columns} * PanelRows;");
                    ProductEpilogue.Write(writer, isa, product.Epilogue, "y", Enumerable.Range(0, ModelPlan.PanelRows / isa.Lanes).Select(i => isa.Load(Code.At("sums", i * isa.Lanes))).ToList());
                });
            });
    }

    private static IEnumerable<string> Vectors(MatVecTile tile) => Enumerable.Range(0, tile.RowVectors).Select(i => $"a0{i}");

    // Leaves the sums in a00, a01, ..., and the pointer behind the panel (if it is the panel's own).
    private static void WriteSums(SourceWriter writer, Dialect isa, ProductPlan product, FloatBlock format, MatVecTile tile, string v)
    {
        int tail = product.ColumnCount % tile.Columns;
        for (int c = 0; c < tile.Columns; c++)
            writer.Line($"{isa.VectorType} {Enumerable.Range(0, tile.RowVectors).Select(i => $"a{c}{i} = {isa.Zero}").Join(", ")};");
        string stop = tail == 0 ? product.Columns : $"({product.Columns} - {tail})";
        writer.Block($"for (float* e = x, stop = x + {stop}; e != stop; e += {tile.Columns}, {v} += {tile.Columns} * PanelRows)", () => WriteColumns(writer, isa, format, tile, tile.Columns, v, "e"));
        if (tail > 0)
        {
            writer.Block("", () =>
            {
                writer.Line($"float* e = x + {stop};");
                WriteColumns(writer, isa, format, tile, tail, v, "e");
                if (v == "v")
                    writer.Line($"v += {tail} * PanelRows;");
            });
        }

        string scale = FloatLoad.Scale(isa, format);
        for (int i = 0; i < tile.RowVectors && (tile.Columns > 1 || scale.Length > 0); i++)
            writer.Line($"a0{i} = {SumTree(Enumerable.Range(0, tile.Columns).Select(c => $"a{c}{i}").ToList())}{(scale.Length == 0 ? "" : " * " + isa.Broadcast(scale))};");
    }

    private static void WriteColumns(SourceWriter writer, Dialect isa, FloatBlock format, MatVecTile tile, int columns, string v, string e)
    {
        for (int c = 0; c < columns; c++)
        {
            writer.Line($"{isa.VectorType} b{c} = {isa.Broadcast($"{e}[{c}]")};");
            for (int i = 0; i < tile.RowVectors; i++)
                writer.Line($"a{c}{i} = {isa.Fma(FloatLoad.Write(isa, format, Code.At(v, (c * ModelPlan.PanelRows) + (i * isa.Lanes))), $"b{c}", $"a{c}{i}")};");
        }
    }

    private static string SumTree(List<string> terms) => terms.Count == 1
        ? terms[0]
        : $"({SumTree(terms.Take(terms.Count / 2).ToList())} + {SumTree(terms.Skip(terms.Count / 2).ToList())})";
}
