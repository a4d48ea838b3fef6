using System;
using System.Linq;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>
/// The three products of training, y = x · Wᵀ, dx = dy · W and dW = dyᵀ · x, and attention's own. All are one register tile, c = from + a
/// · b: b is a packed block [depth, 32], read in vectors, and each element of a is broadcast, from rows where they lie (a[i, k]) or from
/// columns (a[k, i]), which are packed too where they lie far apart. An element's summands are added in the order of k, whatever tile it
/// falls in.
/// </summary>
internal static class TrainingProducts
{
    private const int LineFloats = ReadAheadPlan.CacheLine / sizeof(float);

    public static void Write(KernelClass kernels, TrainingProductsPlan plan)
    {
        TrainingTile tile = plan.Tile;
        WritePack(kernels, plan.Isa);
        WritePackColumns(kernels, plan);
        foreach (string stride in plan.Strides)
        {
            string Row(int i) => i == 0 ? "" : $"{i} * {stride}Stride";
            foreach (int rows in tile.Rows)
                WriteTile(kernels, plan.Isa, "Tile" + stride, tile.Vectors, rows, ModelPlan.PanelRows, Row, "1");
            WriteRows(kernels, stride, tile);
            WriteMultiply(kernels, stride);
        }

        foreach (int rows in tile.Rows)
            WriteTile(kernels, plan.Isa, "TileColumns", tile.Vectors, rows, ModelPlan.PanelRows, Column, Code.Int(rows));
        WriteGradient(kernels, tile);
    }

    /// <summary>
    /// Products that are one head wide: with scores from rows (values, and gradients of queries) and from columns (of keys and values).
    /// </summary>
    public static void WriteHeads(KernelClass kernels, TrainingHeadsPlan plan)
    {
        TrainingTile tile = plan.Tile;
        foreach (int rows in tile.Rows)
        {
            WriteTile(kernels, plan.Isa, "HeadRows", tile.Vectors, rows, plan.Columns, Row, "1", "bStride");
            WriteTile(kernels, plan.Isa, "HeadColumns", tile.Vectors, rows, plan.Columns, Column, "PositionStride", "bStride");
        }

        WriteMix(kernels, tile, plan.Columns);
        WriteSpread(kernels, tile, plan.Columns);

        static string Row(int i) => i == 0 ? "" : $"{i} * PositionStride";
    }

    private static string Column(int i) => i == 0 ? "" : Code.Int(i);

    private static void WriteTile(
        KernelClass kernels,
        Dialect isa,
        string name,
        int vectors,
        int rows,
        int width,
        Func<int, string> row,
        string aStride,
        string bStride = "PanelRows")
    {
        SourceWriter writer = kernels.Writer;
        int columns = vectors * isa.Lanes;
        string strides = bStride == "bStride" ? ", nint bStride" : "";
        writer.Line($"// {rows} rows x {columns} columns, {rows * vectors} accumulators");
        string rest = "float* from, nint fromStride, float* c, nint cStride, int depth";
        writer.HotMethod($"private static void {name}{rows}(float* a, float* b{strides}, {rest})", () =>
        {
            void Body()
            {
                for (int i = 0; i < rows; i++)
                {
                    string at = i == 0 ? "from" : $"from + ({i} * fromStride)";
                    string sums = Enumerable.Range(0, vectors).Select(v => $"c{i}_{v} = {isa.Load(Code.At(at, v * isa.Lanes))}").Join(", ");
                    writer.Line($"{isa.VectorType} {sums};");
                }

                // Rows of c lie apart, so that no hardware foresees the next tile's.
                if (isa.Prefetches)
                {
                    for (int i = rows; i < 2 * rows; i++)
                    {
                        for (int column = 0; column < columns; column += LineFloats)
                            writer.Line(isa.Prefetch(Code.At($"c + ({i} * cStride)", column)));
                    }
                }

                writer.Line("float* e = a, p = b;");
                writer.Block($"for (int k = 0; k < depth; k++, e += {aStride}, p += {bStride})", () =>
                {
                    for (int v = 0; v < vectors; v++)
                        writer.Line($"{isa.VectorType} b{v} = {isa.Load(Code.At("p", v * isa.Lanes))};");
                    for (int i = 0; i < rows; i++)
                    {
                        writer.Line($"{isa.VectorType} a{i} = {isa.Broadcast(row(i).Length == 0 ? "*e" : $"e[{row(i)}]")};");
                        for (int v = 0; v < vectors; v++)
                            writer.Line($"c{i}_{v} = {isa.Fma($"b{v}", $"a{i}", $"c{i}_{v}")};");
                    }
                });
                for (int i = 0; i < rows; i++)
                {
                    string at = i == 0 ? "c" : $"c + ({i} * cStride)";
                    for (int v = 0; v < vectors; v++)
                        writer.Line(isa.Store(Code.At(at, v * isa.Lanes), $"c{i}_{v}"));
                }
            }

            if (columns == width)
                Body();
            else
            {
                string step = $"column += {columns}, b += {columns}, from += {columns}, c += {columns}";
                writer.Block($"for (int column = 0; column < {width}; {step})", Body);
            }
        });
        writer.Line();
    }

    // All rows of a product with one packed block.
    private static void WriteRows(KernelClass kernels, string stride, TrainingTile tile)
    {
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "Rows" + stride,
            "c (+)= a · b",
            $"a [rows, {stride}Stride] · b [depth, {ModelPlan.PanelRows}] · c [rows, cStride], {ModelPlan.PanelRows} columns of it"
                + $" · zeros [{ModelPlan.PanelRows}]",
            [
                ("float*", "a"), ("float*", "b"), ("float*", "c"), ("nint", "cStride"),
                ("int", "rows"), ("int", "depth"), ("bool", "add"), ("float*", "zeros"),
            ],
            () =>
            {
                writer.Line("float* from = add ? c : zeros;");
                writer.Line("nint fromStride = add ? cStride : 0;");
                ForTiles(writer, tile, rows =>
                {
                    writer.Line($"Tile{stride}{rows}(a, b, from, fromStride, c, cStride, depth);");
                    writer.Line($"a += {rows} * {stride}Stride;");
                    writer.Line($"from += {rows} * fromStride;");
                    writer.Line($"c += {rows} * cStride;");
                });
            });
    }

    private static void WriteMultiply(KernelClass kernels, string stride)
    {
        const string Width = "Math.Min(PanelRows, width - column)";
        const string Transposed = $"PackTransposed(w + (column * (nint)depth) + first, depth, {Width}, count, block);";
        const string Rows = $"PackRows(w + (first * (nint)width) + column, width, {Width}, count, block);";
        Product("MultiplyTransposed", "y (+)= x · Wᵀ", "W [width, depth]", Transposed);
        Product("Multiply", "y (+)= x · W", "W [depth, width]", Rows);

        void Product(string name, string equation, string shape, string pack)
        {
            SourceWriter writer = kernels.Writer;
            kernels.Kernel(
                name + stride,
                equation,
                $"x [tokens, {stride}Stride], depth columns of it · {shape} · y [tokens, yStride], padded with zeros"
                    + $" · block [DepthBlock, {ModelPlan.PanelRows}]",
                [
                    ("float*", "x"), ("float*", "w"), ("int", "width"), ("int", "depth"), ("float*", "y"), ("nint", "yStride"),
                    ("int", "tokens"), ("bool", "add"), ("float*", "block"), ("float*", "zeros"),
                ],
                () => writer.Block("for (int first = 0; first < depth; first += DepthBlock)", () =>
                {
                    writer.Line("int count = Math.Min(DepthBlock, depth - first);");
                    writer.Block("for (int column = 0; column < width; column += PanelRows)", () =>
                    {
                        writer.Line(pack);
                        writer.Line($"Rows{stride}(x + first, block, y + column, yStride, tokens, count, add || first > 0, zeros);");
                    });
                }));
        }
    }

    private static void WriteGradient(KernelClass kernels, TrainingTile tile)
    {
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "MultiplyGradient",
            "dW += dyᵀ · x",
            $"dy [tokens, dyStride] · x [tokens, xStride] · dW [rows, width], rows begin to end of it"
                + $" · block [DepthBlock, {ModelPlan.PanelRows}] · columns [RowBlock, DepthBlock]"
                + $" · tile [{tile.Rows[0]}, {ModelPlan.PanelRows}]",
            [
                ("float*", "dy"), ("nint", "dyStride"), ("float*", "x"), ("nint", "xStride"), ("float*", "dw"), ("int", "width"),
                ("int", "begin"), ("int", "end"), ("int", "tokens"),
                ("float*", "block"), ("float*", "columns"), ("float*", "tile"), ("float*", "zeros"),
            ],
            () => writer.Block("for (int first = 0; first < tokens; first += DepthBlock)", () =>
            {
                writer.Line("int depth = Math.Min(DepthBlock, tokens - first);");
                writer.Block("for (int row = begin; row < end; row += RowBlock)", () =>
                {
                    writer.Line("int height = Math.Min(RowBlock, end - row);");
                    writer.Line("PackColumns(dy + (first * dyStride) + row, dyStride, height, depth, columns);");
                    writer.Block("for (int column = 0; column < width; column += PanelRows)", () =>
                    {
                        writer.Line("int count = Math.Min(PanelRows, width - column);");
                        writer.Line("PackRows(x + (first * xStride) + column, xStride, count, depth, block);");
                        writer.Line("float* a = columns;");
                        writer.Line("float* c = dw + (row * (nint)width) + column;");
                        writer.Line("int rows = height;");
                        ForTiles(writer, tile, r =>
                        {
                            writer.Nested("if (count == PanelRows)", $"TileColumns{r}(a, block, c, width, c, width, depth);");
                            writer.Block("else", () =>
                            {
                                writer.Line("// The last columns of a matrix: what lies behind them belongs to its next row.");
                                writer.Line($"TileColumns{r}(a, block, zeros, 0, tile, PanelRows, depth);");
                                writer.Line($"AddTile(tile, c, width, {r}, count);");
                            });
                            writer.Line($"a += {r} * depth;");
                            writer.Line($"c += {r} * (nint)width;");
                        });
                    });
                });
            }));
        writer.Line();
        writer.Method("private static void AddTile(float* tile, float* c, int width, int rows, int columns)", () =>
            writer.Block("for (int row = 0; row < rows; row++, tile += PanelRows, c += width)", () =>
                writer.Nested("for (int column = 0; column < columns; column++)", "c[column] += tile[column];")));
    }

    // Row i sees visible + i positions, so a tile sees as many as its last row.
    private static void WriteMix(KernelClass kernels, TrainingTile tile, int width)
    {
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "MixRows",
            "c = a · b, one head wide",
            "a [rows, PositionStride] · b [positions, bStride] · c [rows, cStride], HeadDim columns of it"
                + " · row i has visible + i positions that are not zero",
            [
                ("float*", "a"), ("float*", "b"), ("nint", "bStride"), ("float*", "c"), ("nint", "cStride"),
                ("int", "rows"), ("int", "visible"), ("float*", "zeros"),
            ],
            () => ForTiles(writer, tile, rows =>
            {
                writer.Line($"visible += {rows};");
                ForColumns(writer, kernels, width, column =>
                    writer.Line($"HeadRows{rows}(a, b{column}, bStride, zeros, 0, c{column}, cStride, visible - 1);"));
                writer.Line($"a += {rows} * PositionStride;");
                writer.Line($"c += {rows} * cStride;");
            }));
    }

    // Position j is seen by the rows from j - first on.
    private static void WriteSpread(KernelClass kernels, TrainingTile tile, int width)
    {
        SourceWriter writer = kernels.Writer;
        writer.Line();
        kernels.Kernel(
            "SpreadColumns",
            "c += aᵀ · b, one head wide",
            "a [rows, PositionStride] · b [rows, bStride] · c [positions, cStride], HeadDim columns of it"
                + " · row i sees positions up to first + i",
            [
                ("float*", "a"), ("float*", "b"), ("nint", "bStride"), ("float*", "c"), ("nint", "cStride"),
                ("int", "positions"), ("int", "seen"), ("int", "first"),
            ],
            () =>
            {
                writer.Line("int rows = positions;");
                ForTiles(writer, tile, r =>
                {
                    writer.Line("int skip = Math.Max(0, positions - rows - first);");
                    ForColumns(writer, kernels, width, column =>
                    {
                        string c = $"c{column}, cStride";
                        string b = $"b{column} + (skip * bStride), bStride";
                        writer.Line($"HeadColumns{r}(a + (skip * PositionStride), {b}, {c}, {c}, seen - skip);");
                    });
                    writer.Line($"a += {r};");
                    writer.Line($"c += {r} * cStride;");
                });
            });
    }

    private static void ForColumns(SourceWriter writer, KernelClass kernels, int width, Action<string> body)
    {
        if (width == kernels.Plan.Spec.HeadDim)
            body("");
        else
            writer.Block($"for (int column = 0; column < HeadDim; column += {width})", () => body(" + column"));
    }

    private static void ForTiles(SourceWriter writer, TrainingTile tile, Action<int> body)
    {
        foreach (int rows in tile.Rows)
            Loops.ForTiles(writer, "rows", rows, () => body(rows));
    }

    private static void WritePack(KernelClass kernels, Dialect isa)
    {
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "PackTransposed",
            "block[k, i] = w[i, k]",
            $"w [rows, stride], at most {ModelPlan.PanelRows} rows, the rest zero · block [depth, {ModelPlan.PanelRows}]",
            [("float*", "w"), ("nint", "stride"), ("int", "rows"), ("int", "depth"), ("float*", "block")],
            () =>
            {
                writer.Nested("if (rows < PanelRows)", "new FloatSpan(block, depth * PanelRows).Clear();");
                writer.Line("int row = 0;");
                if (isa.Zips)
                    writer.Block("for (; row <= rows - 4; row += 4, w += 4 * stride)", () => WriteTurn(writer, isa));
                writer.Block("for (; row < rows; row++, w += stride)", () =>
                {
                    writer.Line("float* to = block + row;");
                    writer.Nested("for (int k = 0; k < depth; k++, to += PanelRows)", "*to = w[k];");
                });
            });
        kernels.Kernel(
            "PackRows",
            "block[k, j] = w[k, j]",
            $"w [depth, stride], at most {ModelPlan.PanelRows} columns of it, the rest zero · block [depth, {ModelPlan.PanelRows}]",
            [("float*", "w"), ("nint", "stride"), ("int", "columns"), ("int", "depth"), ("float*", "block")],
            () =>
            {
                writer.Block("if (columns == PanelRows)", () =>
                {
                    writer.Block("for (int k = 0; k < depth; k++, w += stride, block += PanelRows)", () =>
                    {
                        for (int i = 0; i < ModelPlan.PanelRows / isa.Lanes; i++)
                            writer.Line(isa.Store(Code.At("block", i * isa.Lanes), isa.Load(Code.At("w", i * isa.Lanes))));
                    });
                    writer.Line("return;");
                });
                writer.Line();
                writer.Line("new FloatSpan(block, depth * PanelRows).Clear();");
                writer.Block("for (int k = 0; k < depth; k++, w += stride, block += PanelRows)", () =>
                    writer.Nested("for (int j = 0; j < columns; j++)", "block[j] = w[j];"));
            });
        writer.Line();
    }

    // Four rows become columns, four elements at a time.
    private static void WriteTurn(SourceWriter writer, Dialect isa)
    {
        writer.Line("float* to = block + row, w1 = w + stride, w2 = w1 + stride, w3 = w2 + stride;");
        writer.Line("int k = 0;");
        writer.Block("for (; k <= depth - 4; k += 4, to += 4 * PanelRows)", () =>
        {
            writer.Line("Vec4 r0 = *(Vec4*)(w + k), r1 = *(Vec4*)(w1 + k), r2 = *(Vec4*)(w2 + k), r3 = *(Vec4*)(w3 + k);");
            writer.Line($"Vec4 even = {isa.ZipLow("r0", "r2")}, odd = {isa.ZipLow("r1", "r3")};");
            writer.Line($"*(Vec4*)to = {isa.ZipLow("even", "odd")};");
            writer.Line($"*(Vec4*)(to + PanelRows) = {isa.ZipHigh("even", "odd")};");
            writer.Line($"even = {isa.ZipHigh("r0", "r2")};");
            writer.Line($"odd = {isa.ZipHigh("r1", "r3")};");
            writer.Line($"*(Vec4*)(to + (2 * PanelRows)) = {isa.ZipLow("even", "odd")};");
            writer.Line($"*(Vec4*)(to + (3 * PanelRows)) = {isa.ZipHigh("even", "odd")};");
        });
        writer.Block("for (; k < depth; k++, to += PanelRows)", () =>
        {
            writer.Line("to[0] = w[k];");
            for (int i = 1; i < 4; i++)
                writer.Line($"to[{i}] = w{i}[k];");
        });
    }

    // Whole vectors, the surplus of each overwritten by the next.
    private static void WritePackColumns(KernelClass kernels, TrainingProductsPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "PackColumns",
            "columns = the tiles of a's columns, each [depth, rows of the tile]",
            "a [depth, stride], rows columns of it · columns [rows, depth], and a vector behind it",
            [("float*", "a"), ("nint", "stride"), ("int", "rows"), ("int", "depth"), ("float*", "columns")],
            () => ForTiles(writer, plan.Tile, r =>
            {
                writer.Line("float* from = a;");
                writer.Block($"for (int k = 0; k < depth; k++, from += stride, columns += {r})", () =>
                {
                    for (int i = 0; i < r; i += isa.Lanes)
                        writer.Line(isa.Store(Code.At("columns", i), isa.Load(Code.At("from", i))));
                });
                writer.Line($"a += {r};");
            }));
        writer.Line();
    }
}
