using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Matrix of integer weights times an 8-bit vector over panels [begin, end): decode's kernel. A chunk of 32 columns is multiplied
/// exactly in integers, then scaled; a panel is streamed once, front to back.
/// </summary>
internal static class IntegerMatVec
{
    // Half a page ahead and more: some twenty chunks of computing.
    private const int PrefetchBytes = 8192;

    public static void Write(KernelClass kernels, ProductPlan product, IntegerBlock format)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string columns = product.Columns;
        int vectors = IntegerPanel.RowVectors(isa);
        bool looped = isa.Lanes == 1;
        bool super = format.Scales != ScaleStorage.Halves;
        kernels.Kernel(
            "MatVec" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x"),
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name} · x a record of 8-bit activations · {Text.Grouped((long)product.ColumnCount / format.Columns * format.PanelBytes)} bytes a panel",
            [("byte*", "w"), ("byte*", "x"), ("float*", "y"), .. ProductEpilogue.UnitParameter(format), ("int", "begin"), ("int", "end")],
            () =>
            {
                IntegerPanel.DeclareMasks(writer, isa, format);
                if (looped)
                    writer.Line("float* sums = stackalloc float[PanelRows];");
                writer.Line($"byte* v = w + (begin * (nint)({columns} / {format.Columns} * {format.PanelBytes}));");
                writer.Block("for (int panel = begin; panel < end; panel++)", () =>
                {
                    if (looped)
                        writer.Line("new Span<float>(sums, PanelRows).Clear();");
                    else
                        writer.Line($"{isa.VectorType} {Enumerable.Range(0, vectors).Select(r => $"s{r} = {isa.Zero}").Join(", ")};");
                    if (format.IsWide && isa.WidensActivations)
                        writer.Line($"int* a = (int*)(x + {columns}WideAt);");
                    else
                        writer.Line("int* a = (int*)x;");
                    writer.Line($"float* scale = (float*)(x + {columns}ScalesAt);");
                    if (format.Center > 0)
                        writer.Line($"int* pairs = (int*)(x + {columns}PairsAt);");
                    if (format.HasMinima)
                        writer.Line($"float* sum = (float*)(x + {columns}{(format.SubBlock == 16 ? "HalfSums" : "Sums")}At);");
                    string chunkStep = $"a += {(format.IsWide && isa.WidensActivations ? 16 : 8)}, scale++{(format.Center > 0 ? ", pairs += 2" : "")}{(format.HasMinima ? $", sum += {IntegerBlock.Chunk / format.SubBlock}" : "")}";
                    if (!super)
                    {
                        writer.Block($"for (float* stop = scale + ({columns} / {IntegerBlock.Chunk}); scale != stop; {chunkStep}, v += {format.PanelBytes})", () =>
                        {
                            Prefetch("v", format.PanelBytes);
                            Rows(row => WriteRow(writer, isa, format, row, $"v + {format.HalvesBytes}"));
                        });
                    }
                    else
                    {
                        writer.Block($"for (int block = 0; block < {columns} / {format.Columns}; block++)", () =>
                        {
                            if (!looped)
                            {
                                for (int r = 0; r < vectors; r++)
                                {
                                    writer.Line($"{isa.VectorType} d{r} = {isa.WidenHalf($"(ushort*)(v + {r * isa.Lanes * 2})")};");
                                    if (format.HasMinima)
                                        writer.Line($"{isa.VectorType} e{r} = {isa.WidenHalf($"(ushort*)(v + {64 + (r * isa.Lanes * 2)})")};");
                                }
                            }

                            Prefetch("v", format.HalvesBytes + format.SubScaleBytes);
                            writer.Line($"byte* sub = v + {format.HalvesBytes};");
                            writer.Line($"byte* p = sub + {format.SubScaleBytes};");
                            int subStep = IntegerBlock.Chunk / format.SubBlock * 2 * WeightBlock.GroupRows;
                            writer.Block($"for (int chunk = 0; chunk < {format.Columns / IntegerBlock.Chunk}; chunk++, {chunkStep}, sub += {subStep}, p += {2 * format.GroupBytes})", () =>
                            {
                                Prefetch("p", 2 * format.GroupBytes);
                                Rows(row => WriteRow(writer, isa, format, row, "p"));
                            });
                            writer.Line($"v += {format.PanelBytes};");
                        });
                    }

                    List<string> results = looped
                        ? Enumerable.Range(0, vectors).Select(r => $"sums[{r}] * unit").ToList()
                        : Enumerable.Range(0, vectors).Select(r => $"s{r} * {isa.Broadcast("unit")}").ToList();
                    ProductEpilogue.Write(writer, isa, product.Epilogue, "y", results);
                });
            });

        // Kernels compute for longer than the hardware looks ahead: the lines of a chunk some pages on are asked for by hand.
        void Prefetch(string pointer, int bytes)
        {
            for (int line = 0; line < bytes && isa.Prefetch("").Length > 0; line += 64)
                writer.Line(isa.Prefetch($"{pointer} + {PrefetchBytes + line}"));
        }

        void Rows(System.Action<int> write)
        {
            if (looped)
            {
                writer.Block("for (int row = 0; row < PanelRows; row++)", () => write(-1));
                return;
            }

            for (int r = 0; r < vectors; r++)
                writer.Block("", () => write(r));
        }
    }

    // One vector of rows times one chunk. Row -1 is a single row named by the loop variable.
    private static void WriteRow(SourceWriter writer, Dialect isa, IntegerBlock format, int r, string planes)
    {
        int row = r * isa.Lanes;
        string group = r < 0
            ? $"{planes} + (row / {WeightBlock.GroupRows} * {format.GroupBytes}) + (row % {WeightBlock.GroupRows} * 4)"
            : Text.At(planes, (row / WeightBlock.GroupRows * format.GroupBytes) + (row % WeightBlock.GroupRows * 4));
        string sumName = r < 0 ? "sums[row]" : $"s{r}";
        IntegerScales scales = new(isa, format, "v", r < 0 ? "row" : Text.Int(row), ($"d{r}", $"e{r}"));
        if (r < 0)
            scales = scales with { Super = (scales.HalfScale, scales.HalfMinimum) };
        IntegerPanel.DeclareLines(writer, isa, format, group);

        int subUnits = format.SubBlock / 4;
        for (int first = 0; first < IntegerBlock.Units; first += subUnits)
        {
            int sub = first / subUnits;
            string dots;
            if (format.IsWide)
            {
                writer.Line($"{isa.IntType} c = {(isa.IntType == "int" ? "0" : isa.IntType + ".Zero")};");
                for (int unit = 0; unit < IntegerBlock.Units; unit++)
                    writer.Line($"c = {isa.DotSigned("c", IntegerPanel.Unit(format, unit), isa.WidensActivations ? $"a + {2 * unit}" : $"a + {unit}")};");
                dots = "c";
            }
            else
            {
                dots = IntegerPanel.WriteChains(writer, isa, format, "", first, subUnits, unit => IntegerPanel.Unit(format, unit), "a", "pairs");
            }

            writer.Line($"{sumName} = {isa.Fma(isa.ToFloat(dots), $"({scales.Scale(sub)} * {isa.Broadcast("*scale")})", sumName)};");
            if (format.HasMinima)
                writer.Line($"{sumName} = {isa.Fma($"({scales.Minimum(sub)})", isa.Broadcast($"-sum[{sub}]"), sumName)};");
        }
    }
}
