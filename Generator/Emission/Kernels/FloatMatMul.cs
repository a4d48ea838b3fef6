using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Matrix of floats times many token rows over panels [begin, end): prefill's kernel, and with decode's chains that of a few rows. A panel
/// is taken in blocks of columns that stay in the cache while all tokens pass over them; sums of the panel live in a [tokens, chains, 32]
/// scratch until the last block.
/// </summary>
internal static class FloatMatMul
{
    public static void Write(KernelClass kernels, FloatMatMulPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (ProductPlan product, FloatBlock format, FloatTilePlan full) = (plan.Product, plan.Format, plan.Tiles[0]);
        string many = plan.Class == RowClass.Decode ? "a few" : "many";
        string rows = plan.Chains == 1 ? "PanelRows" : $"{plan.Chains} * PanelRows";
        string scale = FloatLoad.Scale(format);
        string scaled = scale.Length == 0 ? "" : " * " + isa.Broadcast(scale);
        kernels.Kernel(
            plan.Name,
            ProductEpilogue.Equation(product.Epilogue, "x") + $", for each of {many} tokens",
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
                    writer.Line($"new FloatSpan(sums, tokens * {rows}).Clear();");
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
                                writer.Line($"s += {tile.Tokens} * {rows};");
                            });
                        }

                        writer.Line("v += columns * PanelRows;");
                    });
                    writer.Block("for (int token = 0; token < tokens; token++)", () =>
                    {
                        writer.Line($"float* s = sums + (token * {rows});");
                        List<string> sums = Enumerable.Range(0, ModelPlan.PanelRows / isa.Lanes)
                            .Select(i => Sum(plan, i * isa.Lanes) + scaled)
                            .ToList();
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y + (token * (nint)yStride)", sums);
                    });
                });
            });
    }

    // A row's chains, added as one token's are.
    private static string Sum(FloatMatMulPlan plan, int row)
    {
        List<string> chains = Enumerable.Range(0, plan.Chains)
            .Select(chain => plan.Isa.Load(Code.At("s", (chain * ModelPlan.PanelRows) + row)))
            .ToList();
        return Loops.Tree(chains, (a, b) => $"({a} + {b})");
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
            {
                for (int chain = 0; chain < tile.Chains; chain++)
                    writer.Line($"{isa.VectorType} {Vectors(i => $"{Name(t, chain, i)} = {isa.Load(Sum(t, chain, i))}").Join(", ")};");
            }

            writer.Line($"{element}* v = w;");
            string next = tile.Chains == 1 ? "e++, v += PanelRows" : $"e += {tile.Chains}, v += {tile.Chains} * PanelRows";
            string stop = tile.Chains == 1 ? "columns" : $"(columns / {tile.Chains} * {tile.Chains})";
            writer.Block($"for (float* e = x, stop = x + {stop}; e != stop; {next})", () =>
            {
                for (int chain = 0; chain < tile.Chains; chain++)
                    WriteColumn(chain);
            });

            // No turn of the loop is left over but by a row's last columns.
            if (tile.Tail > 0)
            {
                writer.Block($"if (columns % {tile.Chains} != 0)", () =>
                {
                    writer.Line($"float* e = x + (columns / {tile.Chains} * {tile.Chains});");
                    for (int chain = 0; chain < tile.Tail; chain++)
                        WriteColumn(chain);
                });
            }

            for (int t = 0; t < tile.Tokens; t++)
            {
                for (int chain = 0; chain < tile.Chains; chain++)
                {
                    for (int i = 0; i < tile.RowVectors; i++)
                        writer.Line(isa.Store(Sum(t, chain, i), Name(t, chain, i)));
                }
            }
        }

        void WriteColumn(int chain)
        {
            if (tile.Chains == 1)
                Write();
            else
                writer.Block("", Write);

            void Write()
            {
                for (int i = 0; i < tile.RowVectors; i++)
                {
                    string weights = FloatLoad.Write(isa, tile.Format, Code.At("v", (chain * ModelPlan.PanelRows) + (i * isa.Lanes)));
                    writer.Line($"{isa.VectorType} w{i} = {weights};");
                }

                for (int t = 0; t < tile.Tokens; t++)
                {
                    string row = $"{t} * {tile.Columns}Stride";
                    string at = t == 0 ? Code.Int(chain) : chain == 0 ? row : $"({row}) + {chain}";
                    writer.Line($"{isa.VectorType} b{t} = {isa.Broadcast(at == "0" ? "*e" : $"e[{at}]")};");
                    for (int i = 0; i < tile.RowVectors; i++)
                        writer.Line($"{Name(t, chain, i)} = {isa.Fma($"w{i}", $"b{t}", Name(t, chain, i))};");
                }
            }
        }

        IEnumerable<string> Vectors(System.Func<int, string> item) => Enumerable.Range(0, tile.RowVectors).Select(item);

        string Name(int t, int chain, int i) => tile.Chains == 1 ? $"a{t}_{i}" : $"a{t}_{chain}_{i}";

        string Sum(int t, int chain, int i) => Code.At("sums", (((t * tile.Chains) + chain) * ModelPlan.PanelRows) + (i * isa.Lanes));
    }
}
