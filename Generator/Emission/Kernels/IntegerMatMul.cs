using System.Collections.Generic;
using System.Linq;
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
    /// <summary>What products of the same columns share: the unpacking, and the tiles.</summary>
    public static void WriteTiles(KernelClass kernels, string columns, IntegerBlock format)
    {
        WriteUnpack(kernels, columns, format);
        foreach (int tokens in KernelTiles.IntegerMatMul(kernels.Isa, Widened(kernels.Isa, format)))
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
        IReadOnlyList<int> tiles = KernelTiles.IntegerMatMul(isa, Widened(isa, format));
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
                        writer.Line($"byte* c = codes + (vector * {columns} * {isa.Lanes * (Widened(isa, format) ? 2 : 1)});");
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
                        ProductEpilogue.Write(writer, isa, product.Epilogue, "y + (token * (nint)yStride)", Enumerable.Range(0, vectors).Select(i => isa.Load(Text.At("s", i * isa.Lanes)) + " * " + isa.Broadcast("unit")).ToList());
                    });
                });
            });
    }

    private static bool Widened(Dialect isa, IntegerBlock format) => format.IsWide && isa.WidensActivations;

    // codes: [vector of rows][chunk][unit][lanes] dwords (widened: two a unit); scales and minima: [vector of rows][sub-block][lanes] floats.
    private static void WriteUnpack(KernelClass kernels, string columns, IntegerBlock format)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        bool super = format.Scales != ScaleStorage.Halves;
        int subUnits = format.SubBlock / 4;
        writer.Line($"// One panel of {format.Name}: a byte for each code, a float for each scale and minimum.");
        writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        writer.Block($"private static void Unpack{columns}{format.Name}(byte* v, byte* codes, float* scales, float* minima)", () =>
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
                        IntegerPanel.DeclareLines(writer, isa, format, "p");
                        for (int unit = 0; unit < IntegerBlock.Units; unit++)
                        {
                            string code = IntegerPanel.Unit(format, unit);
                            if (Widened(isa, format))
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

                        writer.Line($"codes += {IntegerBlock.Units * isa.Lanes * 4 * (Widened(isa, format) ? 2 : 1)};");
                        for (int sub = 0; sub < IntegerBlock.Units / subUnits; sub++)
                        {
                            writer.Line(isa.Store(Text.At("scales", sub * isa.Lanes), scales.Scale(sub)));
                            if (format.HasMinima)
                                writer.Line(isa.Store(Text.At("minima", sub * isa.Lanes), scales.Minimum(sub)));
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

    private static void WriteTile(KernelClass kernels, string columns, IntegerBlock format, int tokens)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        bool widened = Widened(isa, format);
        int subUnits = format.SubBlock / 4;
        int lanes = isa.Lanes;
        string ints = isa.IntType;
        string zero = ints == "int" ? "0" : ints + ".Zero";
        writer.Line($"// sums[t, row] = x[t] · W[row]: {lanes} rows x {tokens} tokens");
        writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        writer.Block($"private static void Tile{columns}{format.Name}x{tokens}(byte* codes, float* scales, float* minima, byte* x, float* sums)", () =>
        {
            for (int t = 0; t < tokens; t++)
                writer.Line($"{isa.VectorType} s{t} = {isa.Zero};");
            writer.Line(widened ? $"byte* a = x + {columns}WideAt;" : "byte* a = x;");
            writer.Line($"byte* b = x + {columns}ScalesAt;");
            if (format.Center > 0)
                writer.Line($"byte* g = x + {columns}PairsAt;");
            if (format.HasMinima)
                writer.Line($"byte* h = x + {columns}{(format.SubBlock == 16 ? "HalfSums" : "Sums")}At;");
            int subs = IntegerBlock.Chunk / format.SubBlock;
            string step = $"a += {(widened ? 64 : 32)}, b += 4{(format.Center > 0 ? ", g += 8" : "")}{(format.HasMinima ? $", h += {4 * subs}" : "")}, codes += {IntegerBlock.Units * lanes * 4 * (widened ? 2 : 1)}, scales += {subs * lanes}{(format.HasMinima ? $", minima += {subs * lanes}" : "")}";
            writer.Block($"for (byte* stop = b + ({columns} / {IntegerBlock.Chunk} * 4); b != stop; {step})", () =>
            {
                if (widened)
                {
                    for (int t = 0; t < tokens; t++)
                        writer.Line($"{ints} i{t} = {zero};");
                    for (int half = 0; half < 2; half++)
                    {
                        writer.Block("", () =>
                        {
                            for (int w = 0; w < 8; w++)
                                writer.Line($"{ints} w{w} = {isa.LoadInts($"codes + {((8 * half) + w) * lanes * 4}")};");
                            for (int t = 0; t < tokens; t++)
                            {
                                for (int w = 0; w < 8; w++)
                                    writer.Line($"i{t} = {isa.DotWide($"i{t}", $"w{w}", $"*(int*)(a + {Record(t)}{((8 * half) + w) * 4})")};");
                            }
                        });
                    }

                    writer.Line($"{isa.VectorType} f = {isa.Load("scales")};");
                    for (int t = 0; t < tokens; t++)
                        writer.Line($"s{t} = {isa.Fma(isa.ToFloat($"i{t}"), $"(f * {isa.Broadcast($"*(float*)(b + {Record(t)}0)")})", $"s{t}")};");
                    return;
                }

                for (int unit = 0; unit < IntegerBlock.Units; unit++)
                    writer.Line($"{ints} u{unit} = {isa.LoadInts($"codes + {unit * lanes * 4}")};");
                for (int sub = 0; sub < subs; sub++)
                {
                    writer.Line($"{isa.VectorType} f{sub} = {isa.Load(Text.At("scales", sub * lanes))};");
                    if (format.HasMinima)
                        writer.Line($"{isa.VectorType} m{sub} = {isa.Load(Text.At("minima", sub * lanes))};");
                }

                for (int t = 0; t < tokens; t++)
                {
                    int token = t;
                    writer.Block("", () =>
                    {
                        writer.Line($"int* q = (int*)(a + {Record(token)}0);");
                        if (format.Center > 0)
                            writer.Line($"int* pairs = (int*)(g + {Record(token)}0);");
                        for (int sub = 0; sub < subs; sub++)
                        {
                            string dots = IntegerPanel.WriteChains(writer, isa, format, "", sub * subUnits, subUnits, unit => $"u{unit}", "q", "pairs");
                            writer.Line($"s{token} = {isa.Fma(isa.ToFloat(dots), $"(f{sub} * {isa.Broadcast($"*(float*)(b + {Record(token)}0)")})", $"s{token}")};");
                            if (format.HasMinima)
                                writer.Line($"s{token} = {isa.Fma($"m{sub}", isa.Broadcast($"-*(float*)(h + {Record(token)}{4 * sub})"), $"s{token}")};");
                        }
                    });
                }
            });
            for (int t = 0; t < tokens; t++)
                writer.Line(isa.Store(Text.At("sums", t * ModelPlan.PanelRows), $"s{t}"));
        });

        string Record(int token) => token == 0 ? "" : $"({token} * {columns}RecordBytes) + ";
    }
}
