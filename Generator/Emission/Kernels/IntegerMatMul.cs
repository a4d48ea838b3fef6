using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Matrix of integer weights times many 8-bit token rows over panels [begin, end): prefill's kernel. A panel is unpacked once into a
/// byte for each code and a float for each scale; then each vector of rows passes over all tokens, a tile at a time, with the codes
/// of a chunk in registers.
/// </summary>
internal static class IntegerMatMul
{
    public static void Write(KernelClass kernels, IntegerMatMulPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (ProductPlan product, IntegerBlock format) = (plan.Product, plan.Format);
        string columns = product.Columns;
        int vectors = IntegerPanel.RowVectors(isa);
        string floats = $"{columns} / {format.SubBlock}";
        string block = $"{columns} / {format.Columns} * {format.PanelBytes}";
        kernels.Kernel(
            "MatMul" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x") + ", for each of many tokens",
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name}"
                + $" · x [tokens] records of 8-bit activations"
                + $" · y [tokens, yStride] · tile {isa.Lanes} rows x {plan.Tiles[0].Tokens} tokens",
            [
                ("byte*", "w"), ("byte*", "x"), ("float*", "y"), ("int", "yStride"), ("float*", "sums"), ("float*", "unpacked"),
                .. ProductEpilogue.UnitParameter(format),
                ("int", "tokens"), ("int", "begin"), ("int", "end"), ("int", "tokenBlock"),
            ],
            () =>
            {
                writer.Line("float* scales = unpacked;");
                writer.Line($"float* minima = scales + ({floats} * PanelRows);");
                writer.Line($"byte* codes = (byte*)(minima{(format.HasMinima ? $" + ({floats} * PanelRows)" : "")});");
                writer.Line($"byte* v = w + (begin * (nint)({block}));");
                writer.Block($"for (int panel = begin; panel < end; panel++, v += {block})", () =>
                {
                    writer.Line($"{plan.Unpack.Name}(v, codes, scales, minima);");
                    writer.Line();
                    writer.Line("// Blocks of tokens whose records stay in the second-level cache while the panel's rows pass over them.");
                    writer.Block("for (int block = 0; block < tokens; block += tokenBlock)", () =>
                    writer.Block($"for (int vector = 0; vector < {vectors}; vector++)", () =>
                    {
                        writer.Line($"byte* c = codes + (vector * {columns} * {isa.Lanes * (plan.Chunk.IsWidened ? 2 : 1)});");
                        writer.Line($"float* f = scales + (vector * {floats} * {isa.Lanes});");
                        writer.Line($"float* m = minima + (vector * {floats} * {isa.Lanes});");
                        writer.Line($"float* s = sums + (block * PanelRows) + (vector * {isa.Lanes});");
                        writer.Line($"byte* e = x + (block * (nint){columns}RecordBytes);");
                        writer.Line("int left = Math.Min(tokenBlock, tokens - block);");
                        foreach (IntegerTilePlan tile in plan.Tiles)
                        {
                            Loops.ForTiles(writer, "left", tile.Tokens, () =>
                            {
                                writer.Line($"{tile.Name}(c, f, m, e, s);");
                                writer.Line($"e += {tile.Tokens} * {columns}RecordBytes;");
                                writer.Line($"s += {tile.Tokens} * PanelRows;");
                            });
                        }
                    }));
                    writer.Block("for (int token = 0; token < tokens; token++)", () =>
                    {
                        writer.Line("float* s = sums + (token * PanelRows);");
                        List<string> sums = Enumerable.Range(0, vectors)
                            .Select(i => isa.Load(Code.At("s", i * isa.Lanes)) + " * " + isa.Broadcast("unit"))
                            .ToList();
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y + (token * (nint)yStride)", sums);
                    });
                });
            },
            IntegerProduct.Of(format, manyTokens: true));
    }

    /// <summary>
    /// What unpacks a panel. Codes: [vector of rows][chunk][unit][lanes] dwords (widened: two a unit); scales and minima:
    /// [vector of rows][sub-block][lanes] floats.
    /// </summary>
    public static void WriteUnpack(KernelClass kernels, IntegerUnpackPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        IntegerBlock format = plan.Chunk.Format;
        writer.Line();
        writer.Line($"// One panel of {format.Name}: a byte for each code, a float for each scale and minimum.");
        writer.HotMethod($"private static void {plan.Name}(byte* v, byte* codes, float* scales, float* minima)", () =>
        {
            IntegerPanel.DeclareMasks(writer, plan.Chunk);
            writer.Block($"for (int row = 0; row < PanelRows; row += {isa.Lanes})", () =>
            {
                writer.Line("byte* next = v;");
                writer.Block($"for (int block = 0; block < {plan.Columns} / {format.Columns}; block++)", () =>
                {
                    IntegerScales scales = new(isa, format, "next", "row", ("d", "e"));
                    if (plan.Chunk.IsSuper)
                    {
                        writer.Line($"{isa.VectorType} d = {scales.BlockScale};");
                        if (format.HasMinima)
                            writer.Line($"{isa.VectorType} e = {scales.BlockMinimum};");
                    }

                    writer.Line($"byte* sub = next + {format.HalvesBytes};");
                    string group = $"(row / {WeightBlock.GroupRows} * {format.GroupBytes}) + (row % {WeightBlock.GroupRows} * 4)";
                    writer.Line($"byte* p = sub + {format.SubScaleBytes} + {group};");
                    string step = $"sub += {plan.Chunk.SubBlocks * 2 * WeightBlock.GroupRows}, p += {2 * format.GroupBytes}";
                    if (plan.Chunk.IsSuper)
                    {
                        writer.Block($"for (int chunk = 0; chunk < {format.Columns / IntegerBlock.Chunk}; chunk++, {step})", () =>
                            WriteUnpackedChunk(writer, plan.Chunk, scales));
                    }
                    else
                    {
                        WriteUnpackedChunk(writer, plan.Chunk, scales);
                    }

                    writer.Line($"next += {format.PanelBytes};");
                });
            });
        });
    }

    private static void WriteUnpackedChunk(SourceWriter writer, IntegerChunkPlan chunk, IntegerScales scales)
    {
        Dialect isa = chunk.Isa;
        int bytes = isa.Lanes * 4;
        for (int unit = 0; unit < IntegerBlock.Units; unit++)
        {
            string code = IntegerPanel.Unit(chunk, unit, ("p", 0));
            if (chunk.IsWidened)
            {
                (string even, string odd) = isa.WidenUnit(code);
                writer.Line($"*({isa.IntType}*)(codes + {2 * unit * bytes}) = {even};");
                writer.Line($"*({isa.IntType}*)(codes + {((2 * unit) + 1) * bytes}) = {odd};");
            }
            else
            {
                writer.Line($"*({isa.IntType}*)(codes + {unit * bytes}) = {code};");
            }
        }

        bool minima = chunk.Format.HasMinima;
        writer.Line($"codes += {IntegerBlock.Units * bytes * (chunk.IsWidened ? 2 : 1)};");
        for (int sub = 0; sub < chunk.SubBlocks; sub++)
        {
            writer.Line(isa.Store(Code.At("scales", sub * isa.Lanes), scales.Scale(sub)));
            if (minima)
                writer.Line(isa.Store(Code.At("minima", sub * isa.Lanes), scales.Minimum(sub)));
        }

        writer.Line($"scales += {chunk.SubBlocks * isa.Lanes};");
        if (minima)
            writer.Line($"minima += {chunk.SubBlocks * isa.Lanes};");
    }

    /// <summary>
    /// One token's chunk times a vector of rows. It is inlined into the tiles, where units, scales and sums are registers.
    /// </summary>
    public static void WriteChunk(KernelClass kernels, IntegerChunkKernelPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (IntegerChunkPlan chunk, IntegerBlock format) = (plan.Chunk, plan.Chunk.Format);
        string ints = isa.IntType;
        writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
        if (chunk.IsWidened)
        {
            writer.Line("// sum + half a chunk of codes in 16 bits times one token's");
            writer.Method($"private static {ints} Chunk{format.Name}({Join(8, w => $"{ints} w{w}")}, int* a, {ints} sum)", () =>
            {
                for (int w = 0; w < 8; w++)
                {
                    string factor = isa.BroadcastInt($"a[{(w / 2) + (w % 2 * IntegerBlock.Units)}]");
                    writer.Line($"sum = {isa.DotShorts("sum", $"w{w}", factor)};");
                }

                writer.Line("return sum;");
            });
            return;
        }

        string units = Join(IntegerBlock.Units, unit => $"{ints} u{unit}");
        string scales = Join(chunk.SubBlocks, sub => $"{isa.VectorType} f{sub}");
        string minima = format.HasMinima ? ", " + Join(chunk.SubBlocks, sub => $"{isa.VectorType} m{sub}") : "";
        string parts = $"int* a, float* scale{(chunk.Center is null ? "" : ", int* center")}{(format.HasMinima ? ", float* sum" : "")}";
        writer.Line("// sum + a chunk of codes, scaled, times one token's");
        writer.Method($"private static {isa.VectorType} Chunk{format.Name}({units}, {scales}{minima}, {parts}, {isa.VectorType} s)", () =>
        {
            Func<int, string>? center = chunk.Center is null ? null : sub => isa.BroadcastInt($"center[{sub}]");
            Func<string, int, string> dots = IntegerPanel.WriteDots(
                writer, chunk, [""], (_, unit) => $"u{unit}", unit => isa.BroadcastInt($"a[{unit}]"), center);
            for (int sub = 0; sub < chunk.SubBlocks; sub++)
            {
                writer.Line($"s = {isa.Fma(isa.ToFloat(dots("", sub)), $"(f{sub} * {isa.Broadcast("*scale")})", "s")};");
                if (format.HasMinima)
                    writer.Line($"s = {isa.Fma($"m{sub}", isa.Broadcast($"-sum[{sub}]"), "s")};");
            }

            writer.Line("return s;");
        });
    }

    /// <summary>A tile, which the products of as many columns share.</summary>
    public static void WriteTile(KernelClass kernels, IntegerTilePlan tile)
    {
        Dialect isa = tile.Isa;
        SourceWriter writer = kernels.Writer;
        (IntegerChunkPlan chunk, string columns) = (tile.Chunk, tile.Columns);
        writer.Line();
        writer.Line($"// sums[t, row] = x[t] · W[row]: {isa.Lanes} rows x {tile.Tokens} tokens");
        writer.HotMethod($"private static void {tile.Name}(byte* codes, float* scales, float* minima, byte* x, float* sums)", () =>
        {
            for (int t = 0; t < tile.Tokens; t++)
                writer.Line($"{isa.VectorType} s{t} = {isa.Zero};");
            writer.Line(chunk.IsWidened ? $"byte* a = x + {columns}ShortsAt;" : "byte* a = x;");
            writer.Line($"byte* b = x + {columns}ScalesAt;");
            if (chunk.Center is { } center)
                writer.Line($"byte* g = x + {columns}{center.Name}At;");
            if (chunk.SumsPart is { } sums)
                writer.Line($"byte* h = x + {columns}{sums}At;");
            writer.Block($"for (byte* stop = b + ({columns} / {IntegerBlock.Chunk} * 4); b != stop; {Step(chunk)})", () =>
            {
                if (chunk.IsWidened)
                    WriteWidenedChunk(writer, tile);
                else
                    WriteByteChunk(writer, tile);
            });
            for (int t = 0; t < tile.Tokens; t++)
                writer.Line(isa.Store(Code.At("sums", t * ModelPlan.PanelRows), $"s{t}"));
        });
    }

    // From one chunk to the next, of activations and of the panel.
    private static string Step(IntegerChunkPlan chunk)
    {
        int subs = chunk.SubBlocks;
        string center = chunk.Center is null ? "" : $", g += {4 * subs}";
        string sums = chunk.SumsPart is null ? "" : $", h += {4 * subs}";
        int bytes = IntegerBlock.Units * chunk.Isa.Lanes * 4 * (chunk.IsWidened ? 2 : 1);
        string codes = $"codes += {bytes}, scales += {subs * chunk.Isa.Lanes}";
        string minima = chunk.Format.HasMinima ? $", minima += {subs * chunk.Isa.Lanes}" : "";
        return $"a += {(chunk.IsWidened ? 64 : 32)}, b += 4{center}{sums}, {codes}{minima}";
    }

    private static void WriteByteChunk(SourceWriter writer, IntegerTilePlan tile)
    {
        Dialect isa = tile.Isa;
        IntegerChunkPlan chunk = tile.Chunk;
        bool minima = chunk.Format.HasMinima;
        for (int unit = 0; unit < IntegerBlock.Units; unit++)
            writer.Line($"{isa.IntType} u{unit} = {isa.LoadInts(Code.At("codes", unit * isa.Lanes * 4))};");
        for (int sub = 0; sub < chunk.SubBlocks; sub++)
        {
            writer.Line($"{isa.VectorType} f{sub} = {isa.Load(Code.At("scales", sub * isa.Lanes))};");
            if (minima)
                writer.Line($"{isa.VectorType} m{sub} = {isa.Load(Code.At("minima", sub * isa.Lanes))};");
        }

        string scales = Join(chunk.SubBlocks, sub => $"f{sub}") + (minima ? ", " + Join(chunk.SubBlocks, sub => $"m{sub}") : "");
        string registers = $"{Join(IntegerBlock.Units, unit => $"u{unit}")}, {scales}";
        for (int t = 0; t < tile.Tokens; t++)
        {
            string center = chunk.Center is null ? "" : $", (int*)({At(tile, "g", t)})";
            string sums = chunk.SumsPart is null ? "" : $", (float*)({At(tile, "h", t)})";
            string parts = $"(int*)({At(tile, "a", t)}), (float*)({At(tile, "b", t)}){center}{sums}";
            writer.Line($"s{t} = Chunk{chunk.Format.Name}({registers}, {parts}, s{t});");
        }
    }

    private static void WriteWidenedChunk(SourceWriter writer, IntegerTilePlan tile)
    {
        Dialect isa = tile.Isa;
        string name = tile.Chunk.Format.Name;
        for (int t = 0; t < tile.Tokens; t++)
            writer.Line($"{isa.IntType} i{t} = {isa.IntType}.Zero;");
        for (int half = 0; half < 2; half++)
        {
            writer.Block("", () =>
            {
                for (int w = 0; w < 8; w++)
                    writer.Line($"{isa.IntType} w{w} = {isa.LoadInts(Code.At("codes", ((8 * half) + w) * isa.Lanes * 4))};");
                string registers = Join(8, w => $"w{w}");
                for (int t = 0; t < tile.Tokens; t++)
                    writer.Line($"i{t} = Chunk{name}({registers}, (int*)({Code.At(At(tile, "a", t), half * 16)}), i{t});");
            });
        }

        writer.Line($"{isa.VectorType} f = {isa.Load("scales")};");
        for (int t = 0; t < tile.Tokens; t++)
        {
            string scale = $"(f * {isa.Broadcast($"*(float*)({At(tile, "b", t)})")})";
            writer.Line($"s{t} = {isa.Fma(isa.ToFloat($"i{t}"), scale, $"s{t}")};");
        }
    }

    private static string At(IntegerTilePlan tile, string part, int token) =>
        token == 0 ? part : $"{part} + ({token} * {tile.Columns}RecordBytes)";

    private static string Join(int count, Func<int, string> item) => Enumerable.Range(0, count).Select(item).Join(", ");
}
