using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Matrix of integer weights times a few 8-bit rows over panels [begin, end): decode's kernel of several tokens at once. A panel is
/// streamed once; a chunk's codes are unpacked into registers, and each row passes over them with the kernel that many tokens have. A row's
/// sum goes on chunk by chunk, as it does alone.
/// </summary>
internal static class IntegerMatRows
{
    public static void Write(KernelClass kernels, IntegerMatRowsPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (ProductPlan product, IntegerBlock format) = (plan.Product, plan.Format);
        string block = $"{product.Columns} / {format.Columns} * {format.PanelBytes}";
        kernels.Kernel(
            "MatRows" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x") + ", for each of a few tokens",
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name}"
                + $" · x [tokens] records of 8-bit activations · y [tokens, yStride] · {Code.Int(plan.Panel.MaxRows)} tokens at most",
            [
                ("byte*", "w"), ("byte*", "x"), ("float*", "y"), ("int", "yStride"), ("float*", "sums"),
                .. ProductEpilogue.UnitParameter(format),
                ("int", "tokens"), ("int", "begin"), ("int", "end"), ("nint", "far"), ("nint", "near"),
            ],
            () =>
            {
                writer.Line($"byte* v = w + (begin * (nint)({block}));");
                writer.Block($"for (int panel = begin; panel < end; panel++, v += {block})", () =>
                {
                    writer.Line("new FloatSpan(sums, tokens * PanelRows).Clear();");
                    writer.Line($"{plan.Panel.Name}(v, x, sums, tokens, far, near);");
                    writer.Block("for (int token = 0; token < tokens; token++)", () =>
                    {
                        writer.Line("float* s = sums + (token * PanelRows);");
                        List<string> sums = Enumerable.Range(0, IntegerPanel.RowVectors(isa))
                            .Select(i => isa.Load(Code.At("s", i * isa.Lanes)) + " * " + isa.Broadcast("unit"))
                            .ToList();
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y + (token * (nint)yStride)", sums);
                    });
                });
            },
            IntegerProduct.Of(format, manyTokens: true));
    }

    /// <summary>A panel, which the products of as many columns share.</summary>
    public static void WritePanel(KernelClass kernels, IntegerRowsPlan plan)
    {
        SourceWriter writer = kernels.Writer;
        (Dialect isa, IntegerChunkPlan chunk, string columns) = (plan.Isa, plan.Chunk, plan.Columns);
        IntegerBlock format = chunk.Format;
        writer.Line($"// sums[t, row] += x[t] · W[row]: {isa.Lanes} rows at once, and one token after the other");
        writer.HotMethod($"private static void {plan.Name}(byte* v, byte* x, float* sums, int tokens, nint far, nint near)", () =>
        {
            IntegerPanel.DeclareMasks(writer, chunk);
            if (chunk.IsWidened)
                writer.Line($"{isa.IntType}* halves = stackalloc {isa.IntType}[{Code.Int(plan.MaxRows)}];");
            writer.Line(chunk.IsWidened ? $"byte* a = x + {columns}ShortsAt;" : "byte* a = x;");
            writer.Line($"byte* b = x + {columns}ScalesAt;");
            if (chunk.Center is { } center)
                writer.Line($"byte* g = x + {columns}{center.Name}At;");
            if (chunk.SumsPart is { } sums)
                writer.Line($"byte* h = x + {columns}{sums}At;");
            writer.Line($"nint stop = tokens * (nint){columns}RecordBytes;");
            if (chunk.IsSuper)
                WriteBlocks(writer, plan);
            else
                WriteChunks(writer, plan);
        });
        writer.Line();
    }

    // Blocks of one chunk.
    private static void WriteChunks(SourceWriter writer, IntegerRowsPlan plan)
    {
        IntegerBlock format = plan.Chunk.Format;
        string range = $"byte* end = b + ({plan.Columns} / {IntegerBlock.Chunk} * 4); b != end";
        writer.Block($"for ({range}; {Step(plan.Chunk)}, v += {format.PanelBytes})", () =>
        {
            ReadAhead.WriteLines(writer, plan.Isa, "v", plan.Lines.WithChunk);
            WriteRows(writer, plan, Code.At("v", format.HalvesBytes));
        });
    }

    // Blocks with scales within.
    private static void WriteBlocks(SourceWriter writer, IntegerRowsPlan plan)
    {
        (IntegerChunkPlan chunk, IntegerBlock format) = (plan.Chunk, plan.Chunk.Format);
        bool ahead = plan.Isa.Prefetches;
        writer.Block($"for (int block = 0; block < {plan.Columns} / {format.Columns}; block++, v += {format.PanelBytes})", () =>
        {
            ReadAhead.WriteLines(writer, plan.Isa, "v", plan.Lines.AtBeginning);
            if (ahead)
                writer.Line($"byte* ahead = v + {plan.Lines.AtBeginning * ReadAheadPlan.CacheLine};");
            writer.Line($"byte* sub = v + {format.HalvesBytes};");
            writer.Line($"byte* planes = sub + {format.SubScaleBytes};");
            string panel = $"sub += {chunk.SubBlocks * ModelPlan.PanelRows}, planes += {2 * format.GroupBytes}";
            string lines = ahead ? $", ahead += {plan.Lines.WithChunk * ReadAheadPlan.CacheLine}" : "";
            writer.Block($"for (int chunk = 0; chunk < {plan.Lines.Chunks}; chunk++, {Step(chunk)}, {panel}{lines})", () =>
            {
                ReadAhead.WriteLines(writer, plan.Isa, "ahead", plan.Lines.WithChunk);
                WriteRows(writer, plan, "planes");
            });
        });
    }

    // From one chunk's activations to the next one's.
    private static string Step(IntegerChunkPlan chunk)
    {
        string center = chunk.Center is null ? "" : $", g += {4 * chunk.SubBlocks}";
        string sums = chunk.SumsPart is null ? "" : $", h += {4 * chunk.SubBlocks}";
        return $"a += {(chunk.IsWidened ? 64 : 32)}, b += 4{center}{sums}";
    }

    // A chunk of all rows of the panel, a vector of them after the other.
    private static void WriteRows(SourceWriter writer, IntegerRowsPlan plan, string planes)
    {
        (Dialect isa, IntegerChunkPlan chunk) = (plan.Isa, plan.Chunk);
        IntegerBlock format = chunk.Format;
        writer.Block($"for (int row = 0; row < PanelRows; row += {isa.Lanes})", () =>
        {
            string group = $"(row / {WeightBlock.GroupRows} * {format.GroupBytes})";
            writer.Line($"byte* p = {planes} + {group} + (row % {WeightBlock.GroupRows} * 4);");
            if (chunk.IsWidened)
                WriteWidened(writer, plan);
            else
                WriteBytes(writer, plan);
        });
    }

    private static void WriteBytes(SourceWriter writer, IntegerRowsPlan plan)
    {
        (Dialect isa, IntegerChunkPlan chunk) = (plan.Isa, plan.Chunk);
        IntegerBlock format = chunk.Format;
        IntegerScales scales = new(isa, format, "v", "row", ("d", "e"));
        if (chunk.IsSuper)
            writer.Line($"{isa.VectorType} d = {scales.BlockScale}{(format.HasMinima ? $", e = {scales.BlockMinimum}" : "")};");
        List<string> registers = [];
        for (int unit = 0; unit < IntegerBlock.Units; unit++)
            Register(isa.IntType, $"u{unit}", IntegerPanel.Unit(chunk, unit, ("p", 0)));
        for (int sub = 0; sub < chunk.SubBlocks; sub++)
            Register(isa.VectorType, $"f{sub}", scales.Scale(sub));
        for (int sub = 0; format.HasMinima && sub < chunk.SubBlocks; sub++)
            Register(isa.VectorType, $"m{sub}", scales.Minimum(sub));
        string center = chunk.Center is null ? "" : ", (int*)(g + t)";
        string sums = chunk.SumsPart is null ? "" : ", (float*)(h + t)";
        ForTokens(writer, plan, "float* s = sums + row", "s += PanelRows", () => writer.Line(isa.Store(
            "s", $"Chunk{format.Name}({registers.Join(", ")}, (int*)(a + t), (float*)(b + t){center}{sums}, {isa.Load("s")})")));

        void Register(string type, string name, string value)
        {
            writer.Line($"{type} {name} = {value};");
            registers.Add(name);
        }
    }

    // Half a chunk of codes in 16 bits is as many registers.
    private static void WriteWidened(SourceWriter writer, IntegerRowsPlan plan)
    {
        (Dialect isa, IntegerChunkPlan chunk) = (plan.Isa, plan.Chunk);
        const int Half = IntegerBlock.Units / 2;
        string half = $"Chunk{chunk.Format.Name}({Enumerable.Range(0, 2 * Half).Select(w => $"w{w}").Join(", ")}, (int*)(a + t";
        writer.Block("", () =>
        {
            WriteCodes(0);
            ForTokens(writer, plan, $"{isa.IntType}* half = halves", "half++", () =>
                writer.Line($"*half = {half}), {isa.IntType}.Zero);"));
        });
        writer.Block("", () =>
        {
            WriteCodes(Half);
            writer.Line($"{isa.VectorType} f = {new IntegerScales(isa, chunk.Format, "v", "row", default).Scale(0)};");
            writer.Line($"{isa.IntType}* half = halves;");
            ForTokens(writer, plan, "float* s = sums + row", "s += PanelRows, half++", () =>
            {
                string dots = isa.ToFloat($"{half} + {4 * Half}), *half)");
                writer.Line(isa.Store("s", isa.Fma(dots, $"(f * {isa.Broadcast("*(float*)(b + t)")})", isa.Load("s"))));
            });
        });

        void WriteCodes(int first)
        {
            for (int unit = 0; unit < Half; unit++)
            {
                (string even, string odd) = isa.WidenUnit(IntegerPanel.Unit(chunk, first + unit, ("p", 0)));
                writer.Line($"{isa.IntType} w{2 * unit} = {even};");
                writer.Line($"{isa.IntType} w{(2 * unit) + 1} = {odd};");
            }
        }
    }

    private static void ForTokens(SourceWriter writer, IntegerRowsPlan plan, string declaration, string step, Action body)
    {
        writer.Line(declaration + ";");
        writer.Block($"for (nint t = 0; t != stop; t += {plan.Columns}RecordBytes, {step})", body);
    }
}
