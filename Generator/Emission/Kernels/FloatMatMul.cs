using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Matrix of floats times many token rows over panels [begin, end): prefill's kernel. A panel is taken in blocks of columns that stay in
/// the cache while all tokens pass over them; sums of the panel live in a [tokens, 32] scratch until the last block.
/// </summary>
internal static class FloatMatMul
{
    public static void Write(KernelClass kernels, FloatMatMulPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (ProductPlan product, FloatBlock format, FloatTilePlan full) = (plan.Product, plan.Format, plan.Tiles[0]);
        string scale = FloatLoad.Scale(format);
        string scaled = scale.Length == 0 ? "" : " * " + isa.Broadcast(scale);
        kernels.Kernel(
            "MatMul" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x") + ", for each of many tokens",
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name}"
                + $" · x [tokens, {product.Columns}Stride] · y [tokens, yStride]"
                + $" · tile {full.Rows} rows x {full.Tokens} tokens · blocks of {ModelPlan.ColumnBlock} columns",
            [
                ("byte*", "w"), ("float*", "x"), ("float*", "y"), ("int", "yStride"), ("float*", "sums"),
                .. ProductEpilogue.UnitParameter(format),
                ("int", "tokens"), ("int", "begin"), ("int", "end"),
            ],
            () =>
            {
                writer.Line($"{format.ElementType}* v = ({format.ElementType}*)w + (begin * (nint)({product.Columns} * PanelRows));");
                writer.Block("for (int panel = begin; panel < end; panel++)", () =>
                {
                    writer.Line("new FloatSpan(sums, tokens * PanelRows).Clear();");
                    writer.Block($"for (int column = 0; column < {product.Columns}; column += ColumnBlock)", () =>
                    {
                        writer.Line($"int columns = Math.Min(ColumnBlock, {product.Columns} - column);");
                        writer.Line("float* e = x + column;");
                        writer.Line("float* s = sums;");
                        writer.Line("int left = tokens;");
                        foreach (FloatTilePlan tile in plan.Tiles)
                        {
                            Loops.ForTiles(writer, "left", tile.Tokens, () =>
                            {
                                writer.Line($"{tile.Name}(v, e, s, columns);");
                                writer.Line($"e += {tile.Tokens} * {product.Columns}Stride;");
                                writer.Line($"s += {tile.Tokens} * PanelRows;");
                            });
                        }

                        writer.Line("v += columns * PanelRows;");
                    });
                    writer.Block("for (int token = 0; token < tokens; token++)", () =>
                    {
                        writer.Line("float* s = sums + (token * PanelRows);");
                        List<string> sums = Enumerable.Range(0, ModelPlan.PanelRows / isa.Lanes)
                            .Select(i => isa.Load(Code.At("s", i * isa.Lanes)) + scaled)
                            .ToList();
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y + (token * (nint)yStride)", sums);
                    });
                });
            });
    }

    /// <summary>A tile, which the products of as many columns share.</summary>
    public static void WriteTile(KernelClass kernels, FloatTilePlan tile)
    {
        Dialect isa = tile.Isa;
        SourceWriter writer = kernels.Writer;
        string element = tile.Format.ElementType;
        writer.Line($"// sums[t, row] += x[t] · W[row]: {tile.Rows} rows x {tile.Tokens} tokens, {tile.Accumulators} accumulators");
        writer.HotMethod($"private static void {tile.Name}({element}* w, float* x, float* sums, int columns)", () =>
        {
            if (tile.Rows == ModelPlan.PanelRows)
                WriteBody();
            else
                writer.Block($"for (int row = 0; row < PanelRows; row += {tile.Rows}, w += {tile.Rows}, sums += {tile.Rows})", WriteBody);
        });
        writer.Line();

        void WriteBody()
        {
            for (int t = 0; t < tile.Tokens; t++)
                writer.Line($"{isa.VectorType} {Vectors(i => $"a{t}_{i} = {isa.Load(Sum(t, i))}").Join(", ")};");
            writer.Line($"{element}* v = w;");
            writer.Block("for (float* e = x, stop = x + columns; e != stop; e++, v += PanelRows)", () =>
            {
                for (int i = 0; i < tile.RowVectors; i++)
                    writer.Line($"{isa.VectorType} w{i} = {FloatLoad.Write(isa, tile.Format, Code.At("v", i * isa.Lanes))};");
                for (int t = 0; t < tile.Tokens; t++)
                {
                    writer.Line($"{isa.VectorType} b{t} = {isa.Broadcast(t == 0 ? "*e" : $"e[{t} * {tile.Columns}Stride]")};");
                    for (int i = 0; i < tile.RowVectors; i++)
                        writer.Line($"a{t}_{i} = {isa.Fma($"w{i}", $"b{t}", $"a{t}_{i}")};");
                }
            });
            for (int t = 0; t < tile.Tokens; t++)
            {
                for (int i = 0; i < tile.RowVectors; i++)
                    writer.Line(isa.Store(Sum(t, i), $"a{t}_{i}"));
            }
        }

        IEnumerable<string> Vectors(System.Func<int, string> item) => Enumerable.Range(0, tile.RowVectors).Select(item);

        string Sum(int t, int i) => Code.At("sums", (t * ModelPlan.PanelRows) + (i * isa.Lanes));
    }
}
