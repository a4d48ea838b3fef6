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
    public static void Write(KernelClass kernels, IntegerMatVecPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (ProductPlan product, IntegerChunkPlan chunk, IntegerBlock format) = (plan.Product, plan.Chunk, plan.Format);
        string columns = product.Columns;
        bool looped = plan.VectorsTogether == 0;
        int vectors = IntegerPanel.RowVectors(isa);
        kernels.Kernel(
            "MatVec" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x"),
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name} · x a record of 8-bit activations"
                + $" · {Code.Grouped((long)product.ColumnCount / format.Columns * format.PanelBytes)} bytes a panel",
            [
                ("byte*", "w"), ("byte*", "x"), ("float*", "y"),
                .. ProductEpilogue.UnitParameter(format),
                ("int", "begin"), ("int", "end"), ("nint", "far"), ("nint", "near"),
            ],
            () =>
            {
                IntegerPanel.DeclareMasks(writer, chunk);
                if (looped)
                    writer.Line("float* sums = stackalloc float[PanelRows];");
                writer.Line($"byte* v = w + (begin * (nint)({columns} / {format.Columns} * {format.PanelBytes}));");
                writer.Block("for (int panel = begin; panel < end; panel++)", () =>
                {
                    if (looped)
                        writer.Line("new FloatSpan(sums, PanelRows).Clear();");
                    else
                        writer.Line($"{isa.VectorType} {Enumerable.Range(0, vectors).Select(r => $"s{r} = {isa.Zero}").Join(", ")};");
                    WriteParts(writer, columns, chunk);
                    if (chunk.IsSuper)
                        WriteBlocks(writer, plan);
                    else
                        WriteChunks(writer, plan);
                    List<string> results = looped
                        ? Enumerable.Range(0, vectors).Select(r => $"sums[{r}] * unit").ToList()
                        : Enumerable.Range(0, vectors).Select(r => $"s{r} * {isa.Broadcast("unit")}").ToList();
                    ProductEpilogue.Write(writer, isa, product.Epilogue, "y", results);
                });
            },
            IntegerProduct.Of(format, manyTokens: false));
    }

    // Where the parts of a record lie that the format needs.
    private static void WriteParts(SourceWriter writer, string columns, IntegerChunkPlan chunk)
    {
        writer.Line($"int* a = (int*){(chunk.IsWidened ? $"(x + {columns}ShortsAt)" : "x")};");
        writer.Line($"float* scale = (float*)(x + {columns}ScalesAt);");
        if (chunk.Center is { } center)
            writer.Line($"int* center = (int*)(x + {columns}{center.Name}At);");
        if (chunk.SumsPart is { } sums)
            writer.Line($"float* sum = (float*)(x + {columns}{sums}At);");
    }

    // From one chunk's activations to the next one's.
    private static string Step(IntegerChunkPlan chunk)
    {
        string center = chunk.Center is null ? "" : $", center += {chunk.SubBlocks}";
        string sums = chunk.SumsPart is null ? "" : $", sum += {chunk.SubBlocks}";
        return $"a += {(chunk.IsWidened ? 2 : 1) * IntegerBlock.Units}, scale++{center}{sums}";
    }

    // Blocks of one chunk.
    private static void WriteChunks(SourceWriter writer, IntegerMatVecPlan plan)
    {
        (Dialect isa, IntegerBlock format) = (plan.Isa, plan.Format);
        string stop = $"float* stop = scale + ({plan.Product.Columns} / {IntegerBlock.Chunk})";
        writer.Block($"for ({stop}; scale != stop; {Step(plan.Chunk)}, v += {format.PanelBytes})", () =>
        {
            ReadAhead.WriteLines(writer, isa, "v", plan.Lines.WithChunk);
            WriteChunk(writer, plan, ("v", format.HalvesBytes));
        });
    }

    // Blocks with scales within.
    private static void WriteBlocks(SourceWriter writer, IntegerMatVecPlan plan)
    {
        Dialect isa = plan.Isa;
        IntegerBlock format = plan.Format;
        bool ahead = isa.Prefetches;
        writer.Block($"for (int block = 0; block < {plan.Product.Columns} / {format.Columns}; block++)", () =>
        {
            ReadAhead.WriteLines(writer, isa, "v", plan.Lines.AtBeginning);
            if (ahead)
                writer.Line($"byte* ahead = v + {plan.Lines.AtBeginning * ReadAheadPlan.CacheLine};");
            for (int r = 0; plan.VectorsTogether > 0 && r < IntegerPanel.RowVectors(isa); r++)
            {
                IntegerScales scales = new(isa, format, "v", Code.Int(r * isa.Lanes), default);
                writer.Line($"{isa.VectorType} d{r} = {scales.BlockScale}{(format.HasMinima ? $", e{r} = {scales.BlockMinimum}" : "")};");
            }

            writer.Line($"byte* sub = v + {format.HalvesBytes};");
            writer.Line($"byte* p = sub + {format.SubScaleBytes};");
            string panel = $"sub += {plan.Chunk.SubBlocks * ModelPlan.PanelRows}, p += {2 * format.GroupBytes}";
            string lines = ahead ? $", ahead += {plan.Lines.WithChunk * ReadAheadPlan.CacheLine}" : "";
            writer.Block($"for (int chunk = 0; chunk < {plan.Lines.Chunks}; chunk++, {Step(plan.Chunk)}, {panel}{lines})", () =>
            {
                ReadAhead.WriteLines(writer, isa, "ahead", plan.Lines.WithChunk);
                WriteChunk(writer, plan, ("p", 0));
            });
            writer.Line($"v += {format.PanelBytes};");
        });
    }

    // A chunk of all rows: some vectors of rows at once, or one row a turn where a vector is one number.
    private static void WriteChunk(SourceWriter writer, IntegerMatVecPlan plan, (string Base, int Offset) planes)
    {
        Dialect isa = plan.Isa;
        IntegerBlock format = plan.Format;
        if (plan.VectorsTogether == 0)
        {
            writer.Block("for (int row = 0; row < PanelRows; row++)", () =>
            {
                string group = $"(row / {WeightBlock.GroupRows} * {format.GroupBytes})";
                writer.Line($"byte* u = {Code.At(planes.Base, planes.Offset)} + {group} + (row % {WeightBlock.GroupRows} * 4);");
                WriteRows(writer, plan.Chunk, [new RowVector("", "row", "sums[row]", ("u", 0))]);
            });
            return;
        }

        for (int first = 0; first < IntegerPanel.RowVectors(isa); first += plan.VectorsTogether)
        {
            List<RowVector> rows = [];
            for (int r = first; r < first + plan.VectorsTogether; r++)
            {
                int row = r * isa.Lanes;
                int at = planes.Offset + (row / WeightBlock.GroupRows * format.GroupBytes) + (row % WeightBlock.GroupRows * 4);
                rows.Add(new RowVector(Code.Int(r), Code.Int(row), $"s{r}", (planes.Base, at)));
            }

            writer.Block("", () => WriteRows(writer, plan.Chunk, rows));
        }
    }

    private static void WriteRows(SourceWriter writer, IntegerChunkPlan chunk, List<RowVector> rows)
    {
        Dialect isa = chunk.Isa;
        IntegerBlock format = chunk.Format;
        Dictionary<string, RowVector> byName = rows.ToDictionary(row => row.Name);
        Func<string, int, string> dots;
        if (chunk.IsWidened)
        {
            WriteWidened(writer, chunk, rows);
            dots = (name, _) => "c" + name;
        }
        else
        {
            Func<int, string>? center = chunk.Center is null ? null : sub => isa.BroadcastInt($"center[{sub}]");
            string Unit(string name, int unit) => IntegerPanel.Unit(chunk, unit, byName[name].Planes);
            dots = IntegerPanel.WriteDots(writer, chunk, byName.Keys.ToList(), Unit, Activations, center);
        }

        foreach (RowVector row in rows)
        {
            IntegerScales scales = new(isa, format, "v", row.First, ("d" + row.Name, "e" + row.Name));
            if (row.Name.Length == 0)
                scales = scales with { Super = (scales.BlockScale, scales.BlockMinimum) };
            for (int sub = 0; sub < chunk.SubBlocks; sub++)
            {
                string sum = isa.Fma(isa.ToFloat(dots(row.Name, sub)), $"({scales.Scale(sub)} * {isa.Broadcast("*scale")})", row.Sum);
                if (format.HasMinima)
                    sum = isa.Fma($"({scales.Minimum(sub)})", isa.Broadcast($"-sum[{sub}]"), sum);
                writer.Line($"{row.Sum} = {sum};");
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

    private static void WriteWidened(SourceWriter writer, IntegerChunkPlan chunk, List<RowVector> rows)
    {
        Dialect isa = chunk.Isa;
        foreach (RowVector row in rows)
            writer.Line($"{isa.IntType} c{row.Name} = {isa.IntType}.Zero;");
        for (int unit = 0; unit < IntegerBlock.Units; unit++)
        {
            writer.Line($"{isa.IntType} even{unit} = {isa.BroadcastInt($"a[{unit}]")};");
            writer.Line($"{isa.IntType} odd{unit} = {isa.BroadcastInt($"a[{IntegerBlock.Units + unit}]")};");
            foreach (RowVector row in rows)
            {
                (string even, string odd) = isa.WidenUnit(IntegerPanel.Unit(chunk, unit, row.Planes));
                writer.Line($"c{row.Name} = {isa.DotShorts(isa.DotShorts("c" + row.Name, even, $"even{unit}"), odd, $"odd{unit}")};");
            }
        }
    }

    /// <summary>One vector of rows of a chunk.</summary>
    /// <param name="Name">What tells its variables from others'; empty for a row a turn.</param>
    /// <param name="First">Its first row, 0 to 31, as an expression.</param>
    /// <param name="Sum">Where its sums are.</param>
    /// <param name="Planes">Where its bit planes lie.</param>
    private sealed record RowVector(string Name, string First, string Sum, (string Base, int Offset) Planes);
}
