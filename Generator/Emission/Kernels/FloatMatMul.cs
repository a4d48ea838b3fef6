using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Matrix of floats times many token rows over panels [begin, end): prefill's kernel. A panel is taken in blocks of columns that stay in the
/// cache while all tokens pass over them; sums of the panel live in a [tokens, 32] scratch until the last block.
/// </summary>
internal static class FloatMatMul
{
    public static void Write(KernelClass kernels, ProductPlan product, FloatBlock format)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        MatMulTile tile = KernelTiles.MatMul(isa);
        foreach (int tokens in tile.Tokens)
            WriteTile(kernels, product, format, tile, tokens);

        int vectors = ModelPlan.PanelRows / isa.Lanes;
        string scale = FloatLoad.Scale(isa, format);
        kernels.Kernel(
            "MatMul" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x") + ", for each of many tokens",
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name} · x [tokens, {product.Columns}Stride] · y [tokens, yStride] · tile {tile.RowVectors * isa.Lanes} rows x {tile.Tokens[0]} tokens · blocks of {ModelPlan.ColumnBlock} columns",
            [("byte*", "w"), ("float*", "x"), ("float*", "y"), ("int", "yStride"), ("float*", "sums"), .. ProductEpilogue.UnitParameter(format), ("int", "tokens"), ("int", "begin"), ("int", "end")],
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
                        foreach (int tokens in tile.Tokens)
                        {
                            writer.Block(tokens == 1 ? "for (; left > 0; left--)" : $"for (; left >= {tokens}; left -= {tokens})", () =>
                            {
                                writer.Line($"MatMul{product.Name}{format.Name}Tile{tokens}(v, e, s, columns);");
                                writer.Line($"e += {tokens} * {product.Columns}Stride;");
                                writer.Line($"s += {tokens} * PanelRows;");
                            });
                        }

                        writer.Line("v += columns * PanelRows;");
                    });
                    writer.Block("for (int token = 0; token < tokens; token++)", () =>
                    {
                        writer.Line("float* s = sums + (token * PanelRows);");
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y + (token * (nint)yStride)", Enumerable.Range(0, vectors).Select(i => isa.Load(Code.At("s", i * isa.Lanes)) + (scale.Length == 0 ? "" : " * " + isa.Broadcast(scale))).ToList());
                    });
                });
            });
    }

    private static void WriteTile(KernelClass kernels, ProductPlan product, FloatBlock format, MatMulTile tile, int tokens)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        int rows = tile.RowVectors * isa.Lanes;
        writer.Line($"// sums[t, row] += x[t] · W[row]: {rows} rows x {tokens} tokens, {tile.RowVectors * tokens} accumulators");
        writer.HotMethod($"private static void MatMul{product.Name}{format.Name}Tile{tokens}({format.ElementType}* w, float* x, float* sums, int columns)", () =>
        {
            void Body()
            {
                for (int t = 0; t < tokens; t++)
                    writer.Line($"{isa.VectorType} {Enumerable.Range(0, tile.RowVectors).Select(i => $"a{t}_{i} = {isa.Load(Sum(t, i))}").Join(", ")};");
                writer.Line($"{format.ElementType}* v = w;");
                writer.Block("for (float* e = x, stop = x + columns; e != stop; e++, v += PanelRows)", () =>
                {
                    for (int i = 0; i < tile.RowVectors; i++)
                        writer.Line($"{isa.VectorType} w{i} = {FloatLoad.Write(isa, format, Code.At("v", i * isa.Lanes))};");
                    for (int t = 0; t < tokens; t++)
                    {
                        writer.Line($"{isa.VectorType} b{t} = {isa.Broadcast(t == 0 ? "*e" : $"e[{t} * {product.Columns}Stride]")};");
                        for (int i = 0; i < tile.RowVectors; i++)
                            writer.Line($"a{t}_{i} = {isa.Fma($"w{i}", $"b{t}", $"a{t}_{i}")};");
                    }
                });
                for (int t = 0; t < tokens; t++)
                {
                    for (int i = 0; i < tile.RowVectors; i++)
                        writer.Line(isa.Store(Sum(t, i), $"a{t}_{i}"));
                }
            }

            if (rows == ModelPlan.PanelRows)
                Body();
            else
                writer.Block($"for (int row = 0; row < PanelRows; row += {rows}, w += {rows}, sums += {rows})", Body);
        });
        writer.Line();

        string Sum(int t, int i) => Code.At("sums", (t * ModelPlan.PanelRows) + (i * isa.Lanes));
    }
}
