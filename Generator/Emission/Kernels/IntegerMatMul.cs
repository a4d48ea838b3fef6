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
    /// <summary>What all products of the format share: a token's chunk, then for each number of columns the unpacking and the tiles.</summary>
    public static void WriteShared(KernelClass kernels, IReadOnlyList<string> columnKinds, IntegerBlock format)
    {
        WriteChunk(kernels, format);
        foreach (string columns in columnKinds)
        {
            kernels.Writer.Line();
            WriteTiles(kernels, columns, format);
        }
    }

    private static void WriteTiles(KernelClass kernels, string columns, IntegerBlock format)
    {
        WriteUnpack(kernels, columns, format);
        foreach (int tokens in KernelTiles.IntegerMatMul(kernels.Isa))
        {
            kernels.Writer.Line();
            WriteTile(kernels, columns, format, tokens);
        }
    }

    public static void Write(KernelClass kernels, ProductPlan product, IntegerBlock format)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string columns = product.Columns;
        int vectors = IntegerPanel.RowVectors(isa);
        IReadOnlyList<int> tiles = KernelTiles.IntegerMatMul(isa);
        kernels.Kernel(
            "MatMul" + product.Name + format.Name,
            ProductEpilogue.Equation(product.Epilogue, "x") + ", for each of many tokens",
            $"W [panels of {ModelPlan.PanelRows} rows, {product.ColumnCount} columns] {format.Name} · x [tokens] records of 8-bit activations · y [tokens, yStride] · tile {isa.Lanes} rows x {tiles[0]} tokens",
            [("byte*", "w"), ("byte*", "x"), ("float*", "y"), ("int", "yStride"), ("float*", "sums"), ("float*", "unpacked"), .. ProductEpilogue.UnitParameter(format), ("int", "tokens"), ("int", "begin"), ("int", "end")],
            () =>
            {
                writer.Line("float* scales = unpacked;");
                writer.Line($"float* minima = scales + ({columns} / {format.SubBlock} * PanelRows);");
                writer.Line($"byte* codes = (byte*)(minima{(format.HasMinima ? $" + ({columns} / {format.SubBlock} * PanelRows)" : "")});");
                writer.Line($"byte* v = w + (begin * (nint)({columns} / {format.Columns} * {format.PanelBytes}));");
                writer.Block($"for (int panel = begin; panel < end; panel++, v += {columns} / {format.Columns} * {format.PanelBytes})", () =>
                {
                    writer.Line($"Unpack{columns}{format.Name}(v, codes, scales, minima);");
                    writer.Line();
                    writer.Line("// Tokens in blocks whose records stay in the second-level cache while all rows of the panel pass over them.");
                    writer.Block("for (int block = 0; block < tokens; block += TokenBlock)", () =>
                    writer.Block($"for (int vector = 0; vector < {vectors}; vector++)", () =>
                    {
                        writer.Line($"byte* c = codes + (vector * {columns} * {isa.Lanes * (RecordPlan.IsWidened(isa, format) ? 2 : 1)});");
                        writer.Line($"float* f = scales + (vector * {columns} / {format.SubBlock} * {isa.Lanes});");
                        writer.Line($"float* m = minima + (vector * {columns} / {format.SubBlock} * {isa.Lanes});");
                        writer.Line($"float* s = sums + (block * PanelRows) + (vector * {isa.Lanes});");
                        writer.Line($"byte* e = x + (block * (nint){columns}RecordBytes);");
                        writer.Line("int left = Math.Min(TokenBlock, tokens - block);");
                        foreach (int tile in tiles)
                        {
                            writer.Block(tile == 1 ? "for (; left > 0; left--)" : $"for (; left >= {tile}; left -= {tile})", () =>
                            {
                                writer.Line($"Tile{columns}{format.Name}x{tile}(c, f, m, e, s);");
                                writer.Line($"e += {tile} * {columns}RecordBytes;");
                                writer.Line($"s += {tile} * PanelRows;");
                            });
                        }
                    }));
                    writer.Block("for (int token = 0; token < tokens; token++)", () =>
                    {
                        writer.Line("float* s = sums + (token * PanelRows);");
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y + (token * (nint)yStride)", Enumerable.Range(0, vectors).Select(i => isa.Load(Code.At("s", i * isa.Lanes)) + " * " + isa.Broadcast("unit")).ToList());
                    });
                });
            },
            IntegerProduct.Of(format, manyTokens: true));
    }

    // codes: [vector of rows][chunk][unit][lanes] dwords (widened: two a unit); scales and minima: [vector of rows][sub-block][lanes] floats.
    private static void WriteUnpack(KernelClass kernels, string columns, IntegerBlock format)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        bool super = format.Scales != ScaleStorage.Halves;
        int subUnits = format.SubBlock / 4;
        writer.Line($"// One panel of {format.Name}: a byte for each code, a float for each scale and minimum.");
        writer.HotMethod($"private static void Unpack{columns}{format.Name}(byte* v, byte* codes, float* scales, float* minima)", () =>
        {
            IntegerPanel.DeclareMasks(writer, isa, format);
            writer.Block($"for (int row = 0; row < PanelRows; row += {isa.Lanes})", () =>
            {
                writer.Line("byte* next = v;");
                writer.Block($"for (int block = 0; block < {columns} / {format.Columns}; block++)", () =>
                {
                    IntegerScales scales = new(isa, format, "next", "row", ("d", "e"));
                    if (super)
                    {
                        writer.Line($"{isa.VectorType} d = {scales.HalfScale};");
                        if (format.HasMinima)
                            writer.Line($"{isa.VectorType} e = {scales.HalfMinimum};");
                    }

                    writer.Line($"byte* sub = next + {format.HalvesBytes};");
                    writer.Line($"byte* p = sub + {format.SubScaleBytes} + (row / {WeightBlock.GroupRows} * {format.GroupBytes}) + (row % {WeightBlock.GroupRows} * 4);");
                    void Chunk()
                    {
                        for (int unit = 0; unit < IntegerBlock.Units; unit++)
                        {
                            string code = IntegerPanel.Unit(isa, format, unit, ("p", 0));
                            if (RecordPlan.IsWidened(isa, format))
                            {
                                (string even, string odd) = isa.WidenUnit(code);
                                writer.Line($"*({isa.IntType}*)(codes + {2 * unit * isa.Lanes * 4}) = {even};");
                                writer.Line($"*({isa.IntType}*)(codes + {((2 * unit) + 1) * isa.Lanes * 4}) = {odd};");
                            }
                            else
                            {
                                writer.Line($"*({isa.IntType}*)(codes + {unit * isa.Lanes * 4}) = {code};");
                            }
                        }

                        writer.Line($"codes += {IntegerBlock.Units * isa.Lanes * 4 * (RecordPlan.IsWidened(isa, format) ? 2 : 1)};");
                        for (int sub = 0; sub < IntegerBlock.Units / subUnits; sub++)
                        {
                            writer.Line(isa.Store(Code.At("scales", sub * isa.Lanes), scales.Scale(sub)));
                            if (format.HasMinima)
                                writer.Line(isa.Store(Code.At("minima", sub * isa.Lanes), scales.Minimum(sub)));
                        }

                        writer.Line($"scales += {IntegerBlock.Units / subUnits * isa.Lanes};");
                        if (format.HasMinima)
                            writer.Line($"minima += {IntegerBlock.Units / subUnits * isa.Lanes};");
                    }

                    if (super)
                        writer.Block($"for (int chunk = 0; chunk < {format.Columns / IntegerBlock.Chunk}; chunk++, sub += {IntegerBlock.Chunk / format.SubBlock * 2 * WeightBlock.GroupRows}, p += {2 * format.GroupBytes})", Chunk);
                    else
                        Chunk();
                    writer.Line($"next += {format.PanelBytes};");
                });
            });
        });
    }

    // One token's chunk times a vector of rows. It is inlined into the tiles, where units, scales and sums are registers.
    private static void WriteChunk(KernelClass kernels, IntegerBlock format)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string ints = isa.IntType;
        writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
        if (RecordPlan.IsWidened(isa, format))
        {
            writer.Line($"// sum + half a chunk of codes in 16 bits times one token's");
            writer.Method($"private static {ints} Chunk{format.Name}({Join(8, w => $"{ints} w{w}")}, int* a, {ints} sum)", () =>
            {
                for (int w = 0; w < 8; w++)
                    writer.Line($"sum = {isa.DotWide("sum", $"w{w}", isa.BroadcastInt($"a[{(w / 2) + (w % 2 * IntegerBlock.Units)}]"))};");
                writer.Line("return sum;");
            });
            return;
        }

        int subs = IntegerBlock.Chunk / format.SubBlock;
        bool centred = IntegerPanel.CenterPart(isa, format) is not null;
        string scales = Join(subs, sub => $"{isa.VectorType} f{sub}") + (format.HasMinima ? ", " + Join(subs, sub => $"{isa.VectorType} m{sub}") : "");
        string parts = $"int* a, float* scale{(centred ? ", int* center" : "")}{(format.HasMinima ? ", float* sum" : "")}";
        writer.Line("// sum + a chunk of codes, scaled, times one token's");
        writer.Method($"private static {isa.VectorType} Chunk{format.Name}({Join(IntegerBlock.Units, unit => $"{ints} u{unit}")}, {scales}, {parts}, {isa.VectorType} s)", () =>
        {
            Func<int, string>? center = centred ? sub => isa.BroadcastInt($"center[{sub}]") : null;
            Func<string, int, string> dots = IntegerPanel.WriteDots(writer, isa, format, [""], (_, unit) => $"u{unit}", unit => isa.BroadcastInt($"a[{unit}]"), center);
            for (int sub = 0; sub < subs; sub++)
            {
                writer.Line($"s = {isa.Fma(isa.ToFloat(dots("", sub)), $"(f{sub} * {isa.Broadcast("*scale")})", "s")};");
                if (format.HasMinima)
                    writer.Line($"s = {isa.Fma($"m{sub}", isa.Broadcast($"-sum[{sub}]"), "s")};");
            }

            writer.Line("return s;");
        });
    }

    private static void WriteTile(KernelClass kernels, string columns, IntegerBlock format, int tokens)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        bool widened = RecordPlan.IsWidened(isa, format);
        int lanes = isa.Lanes;
        int subs = IntegerBlock.Chunk / format.SubBlock;
        string? center = IntegerPanel.CenterPart(isa, format);
        string? sums = IntegerPanel.SumsPart(format);
        writer.Line($"// sums[t, row] = x[t] · W[row]: {lanes} rows x {tokens} tokens");
        writer.HotMethod($"private static void Tile{columns}{format.Name}x{tokens}(byte* codes, float* scales, float* minima, byte* x, float* sums)", () =>
        {
            for (int t = 0; t < tokens; t++)
                writer.Line($"{isa.VectorType} s{t} = {isa.Zero};");
            writer.Line(widened ? $"byte* a = x + {columns}WideAt;" : "byte* a = x;");
            writer.Line($"byte* b = x + {columns}ScalesAt;");
            if (center is not null)
                writer.Line($"byte* g = x + {columns}{center}At;");
            if (sums is not null)
                writer.Line($"byte* h = x + {columns}{sums}At;");
            string step = $"a += {(widened ? 64 : 32)}, b += 4{(center is null ? "" : $", g += {4 * subs}")}{(sums is null ? "" : $", h += {4 * subs}")}, codes += {IntegerBlock.Units * lanes * 4 * (widened ? 2 : 1)}, scales += {subs * lanes}{(format.HasMinima ? $", minima += {subs * lanes}" : "")}";
            writer.Block($"for (byte* stop = b + ({columns} / {IntegerBlock.Chunk} * 4); b != stop; {step})", () =>
            {
                if (widened)
                    WriteWidened();
                else
                    WriteBytes();
            });
            for (int t = 0; t < tokens; t++)
                writer.Line(isa.Store(Code.At("sums", t * ModelPlan.PanelRows), $"s{t}"));
        });

        void WriteBytes()
        {
            for (int unit = 0; unit < IntegerBlock.Units; unit++)
                writer.Line($"{isa.IntType} u{unit} = {isa.LoadInts(Code.At("codes", unit * lanes * 4))};");
            for (int sub = 0; sub < subs; sub++)
            {
                writer.Line($"{isa.VectorType} f{sub} = {isa.Load(Code.At("scales", sub * lanes))};");
                if (format.HasMinima)
                    writer.Line($"{isa.VectorType} m{sub} = {isa.Load(Code.At("minima", sub * lanes))};");
            }

            string registers = Join(IntegerBlock.Units, unit => $"u{unit}") + ", " + Join(subs, sub => $"f{sub}") + (format.HasMinima ? ", " + Join(subs, sub => $"m{sub}") : "");
            for (int t = 0; t < tokens; t++)
                writer.Line($"s{t} = Chunk{format.Name}({registers}, (int*)({At("a", t)}), (float*)({At("b", t)}){(center is null ? "" : $", (int*)({At("g", t)})")}{(sums is null ? "" : $", (float*)({At("h", t)})")}, s{t});");
        }

        void WriteWidened()
        {
            for (int t = 0; t < tokens; t++)
                writer.Line($"{isa.IntType} i{t} = {isa.IntType}.Zero;");
            for (int half = 0; half < 2; half++)
            {
                writer.Block("", () =>
                {
                    for (int w = 0; w < 8; w++)
                        writer.Line($"{isa.IntType} w{w} = {isa.LoadInts(Code.At("codes", ((8 * half) + w) * lanes * 4))};");
                    for (int t = 0; t < tokens; t++)
                        writer.Line($"i{t} = Chunk{format.Name}({Join(8, w => $"w{w}")}, (int*)({Code.At(At("a", t), half * 16)}), i{t});");
                });
            }

            writer.Line($"{isa.VectorType} f = {isa.Load("scales")};");
            for (int t = 0; t < tokens; t++)
                writer.Line($"s{t} = {isa.Fma(isa.ToFloat($"i{t}"), $"(f * {isa.Broadcast($"*(float*)({At("b", t)})")})", $"s{t}")};");
        }

        string At(string part, int token) => token == 0 ? part : $"{part} + ({token} * {columns}RecordBytes)";
    }

    private static string Join(int count, Func<int, string> item) => Enumerable.Range(0, count).Select(item).Join(", ");
}
