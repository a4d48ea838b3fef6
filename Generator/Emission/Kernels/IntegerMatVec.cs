using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
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
    private const int CacheLine = 64;

    public static void Write(KernelClass kernels, ProductPlan product, IntegerBlock format)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string columns = product.Columns;
        int vectors = IntegerPanel.RowVectors(isa);
        bool looped = isa.Lanes == 1;
        bool super = format.Scales != ScaleStorage.Halves;
        bool widened = RecordPlan.IsWidened(isa, format);
        string? center = IntegerPanel.CenterPart(isa, format);
        string? sums = IntegerPanel.SumsPart(format);
        int subs = IntegerBlock.Chunk / format.SubBlock;
        int chunks = format.Columns / IntegerBlock.Chunk;
        int lines = format.PanelBytes / CacheLine;
        kernels.Kernel(
            "MatVec" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x"),
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name} · x a record of 8-bit activations · {Code.Grouped((long)product.ColumnCount / format.Columns * format.PanelBytes)} bytes a panel",
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
                        writer.Line("new FloatSpan(sums, PanelRows).Clear();");
                    else
                        writer.Line($"{isa.VectorType} {Enumerable.Range(0, vectors).Select(r => $"s{r} = {isa.Zero}").Join(", ")};");
                    writer.Line($"int* a = (int*){(widened ? $"(x + {columns}WideAt)" : "x")};");
                    writer.Line($"float* scale = (float*)(x + {columns}ScalesAt);");
                    if (center is not null)
                        writer.Line($"int* center = (int*)(x + {columns}{center}At);");
                    if (sums is not null)
                        writer.Line($"float* sum = (float*)(x + {columns}{sums}At);");
                    string chunkStep = $"a += {(widened ? 2 : 1) * IntegerBlock.Units}, scale++{(center is null ? "" : $", center += {subs}")}{(sums is null ? "" : $", sum += {subs}")}";
                    if (!super)
                    {
                        writer.Block($"for (float* stop = scale + ({columns} / {IntegerBlock.Chunk}); scale != stop; {chunkStep}, v += {format.PanelBytes})", () =>
                        {
                            Prefetch("v", lines);
                            WriteChunk(writer, isa, format, ("v", format.HalvesBytes));
                        });
                    }
                    else
                    {
                        writer.Block($"for (int block = 0; block < {columns} / {format.Columns}; block++)", () =>
                        {
                            // A block's lines are asked for evenly over its chunks: all of its header's at once would be more than can be under way.
                            Prefetch("v", lines % chunks);
                            if (ReadAhead.IsKnown(isa))
                                writer.Line($"byte* ahead = v + {lines % chunks * CacheLine};");
                            for (int r = 0; r < vectors && !looped; r++)
                            {
                                IntegerScales scales = new(isa, format, "v", Code.Int(r * isa.Lanes), default);
                                writer.Line($"{isa.VectorType} d{r} = {scales.HalfScale}{(format.HasMinima ? $", e{r} = {scales.HalfMinimum}" : "")};");
                            }

                            writer.Line($"byte* sub = v + {format.HalvesBytes};");
                            writer.Line($"byte* p = sub + {format.SubScaleBytes};");
                            writer.Block($"for (int chunk = 0; chunk < {chunks}; chunk++, {chunkStep}, sub += {subs * ModelPlan.PanelRows}, p += {2 * format.GroupBytes}{(ReadAhead.IsKnown(isa) ? $", ahead += {lines / chunks * CacheLine}" : "")})", () =>
                            {
                                Prefetch("ahead", lines / chunks);
                                WriteChunk(writer, isa, format, ("p", 0));
                            });
                            writer.Line($"v += {format.PanelBytes};");
                        });
                    }

                    List<string> results = looped
                        ? Enumerable.Range(0, vectors).Select(r => $"sums[{r}] * unit").ToList()
                        : Enumerable.Range(0, vectors).Select(r => $"s{r} * {isa.Broadcast("unit")}").ToList();
                    ProductEpilogue.Write(writer, isa, product.Epilogue, "y", results);
                });
            },
            IntegerProduct.Of(format, manyTokens: false));

        void Prefetch(string pointer, int count)
        {
            for (int line = 0; line < count; line++)
                ReadAhead.Write(writer, isa, pointer, line * CacheLine, ReadAhead.NearWeights);
        }
    }

    // A chunk of all rows: some vectors of rows at once, or one row a turn where a vector is one number.
    private static void WriteChunk(SourceWriter writer, Dialect isa, IntegerBlock format, (string Base, int Offset) planes)
    {
        if (isa.Lanes == 1)
        {
            writer.Block("for (int row = 0; row < PanelRows; row++)", () =>
            {
                writer.Line($"byte* u = {Code.At(planes.Base, planes.Offset)} + (row / {WeightBlock.GroupRows} * {format.GroupBytes}) + (row % {WeightBlock.GroupRows} * 4);");
                WriteRows(writer, isa, format, [new RowVector("", "row", "sums[row]", ("u", 0))]);
            });
            return;
        }

        int vectors = IntegerPanel.RowVectors(isa);
        int together = KernelTiles.IntegerMatVec(isa);
        for (int first = 0; first < vectors; first += together)
        {
            List<RowVector> rows = [];
            for (int r = first; r < first + together; r++)
            {
                int row = r * isa.Lanes;
                rows.Add(new RowVector(Code.Int(r), Code.Int(row), $"s{r}", (planes.Base, planes.Offset + (row / WeightBlock.GroupRows * format.GroupBytes) + (row % WeightBlock.GroupRows * 4))));
            }

            writer.Block("", () => WriteRows(writer, isa, format, rows));
        }
    }

    private static void WriteRows(SourceWriter writer, Dialect isa, IntegerBlock format, List<RowVector> rows)
    {
        Dictionary<string, RowVector> byName = rows.ToDictionary(row => row.Name);
        Func<string, int, string> dots;
        if (RecordPlan.IsWidened(isa, format))
        {
            WriteWidened(writer, isa, format, rows);
            dots = (name, _) => "c" + name;
        }
        else
        {
            Func<int, string>? center = IntegerPanel.CenterPart(isa, format) is null ? null : sub => isa.BroadcastInt($"center[{sub}]");
            dots = IntegerPanel.WriteDots(writer, isa, format, byName.Keys.ToList(), (name, unit) => IntegerPanel.Unit(isa, format, unit, byName[name].Planes), Activations, center);
        }

        foreach (RowVector row in rows)
        {
            IntegerScales scales = new(isa, format, "v", row.First, ("d" + row.Name, "e" + row.Name));
            if (isa.Lanes == 1)
                scales = scales with { Super = (scales.HalfScale, scales.HalfMinimum) };
            for (int sub = 0; sub < IntegerBlock.Chunk / format.SubBlock; sub++)
            {
                string scaled = isa.Fma(isa.ToFloat(dots(row.Name, sub)), $"({scales.Scale(sub)} * {isa.Broadcast("*scale")})", row.Sum);
                writer.Line($"{row.Sum} = {(format.HasMinima ? isa.Fma($"({scales.Minimum(sub)})", isa.Broadcast($"-sum[{sub}]"), scaled) : scaled)};");
            }
        }

        string Activations(int unit)
        {
            if (rows.Count == 1)
                return isa.BroadcastInt($"a[{unit}]");
            writer.Line($"{isa.IntType} a{unit} = {isa.BroadcastInt($"a[{unit}]")};");
            return $"a{unit}";
        }
    }

    private static void WriteWidened(SourceWriter writer, Dialect isa, IntegerBlock format, List<RowVector> rows)
    {
        foreach (RowVector row in rows)
            writer.Line($"{isa.IntType} c{row.Name} = {isa.IntType}.Zero;");
        for (int unit = 0; unit < IntegerBlock.Units; unit++)
        {
            writer.Line($"{isa.IntType} even{unit} = {isa.BroadcastInt($"a[{unit}]")};");
            writer.Line($"{isa.IntType} odd{unit} = {isa.BroadcastInt($"a[{IntegerBlock.Units + unit}]")};");
            foreach (RowVector row in rows)
            {
                (string even, string odd) = isa.WidenUnit(IntegerPanel.Unit(isa, format, unit, row.Planes));
                writer.Line($"c{row.Name} = {isa.DotWide(isa.DotWide("c" + row.Name, even, $"even{unit}"), odd, $"odd{unit}")};");
            }
        }
    }

    /// <summary>One vector of rows of a chunk.</summary>
    /// <param name="Name">What tells its variables from others'.</param>
    /// <param name="First">Its first row, 0 to 31, as an expression.</param>
    /// <param name="Sum">Where its sums are.</param>
    /// <param name="Planes">Where its bit planes lie.</param>
    private sealed record RowVector(string Name, string First, string Sum, (string Base, int Offset) Planes);
}
