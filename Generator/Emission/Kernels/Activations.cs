using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Activations in 8 bits, as integer kernels read them: one record for each row of so many columns, its parts at constant offsets.
/// </summary>
internal static class Activations
{
    /// <summary>Writes the kernel that turns a row of floats into a record.</summary>
    public static void WriteQuantize(KernelClass kernels, string columns, RecordPlan record)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            "Quantize" + columns,
            "values = round(x / scale), scale = max|x| / 127 for each 32",
            $"x [{columns}] · record: values [{columns}] signed bytes, then {record.Parts.Select(part => part.Name.ToLowerInvariant()).Join(", ")} · scales and sums carry the factor that restores widened halves",
            [("float*", "x"), ("byte*", "to")],
            () =>
            {
                writer.Line($"float* scales = (float*)(to + {columns}ScalesAt);");
                writer.Block($"for (int chunk = 0; chunk < {columns} / {IntegerBlock.Chunk}; chunk++)", () =>
                {
                    writer.Line($"float* v = x + (chunk * {IntegerBlock.Chunk});");
                    writer.Line($"sbyte* values = (sbyte*)to + (chunk * {IntegerBlock.Chunk});");
                    if (isa.Lanes == 1)
                        WriteScalar(writer, isa);
                    else
                        WriteVectors(writer, isa, vec);
                    writer.Line("scales[chunk] = scale;");
                    if (record.HasSums)
                        writer.Line($"((float*)(to + {columns}SumsAt))[chunk] = (low + high) * scale;");
                    if (record.HasHalfSums)
                    {
                        writer.Line($"((float*)(to + {columns}HalfSumsAt))[2 * chunk] = low * scale;");
                        writer.Line($"((float*)(to + {columns}HalfSumsAt))[(2 * chunk) + 1] = high * scale;");
                    }

                    foreach (CenterPlan center in record.Centers)
                        WriteCenters(writer, columns, center);
                    if (record.HasWide && isa.SignedBytes == SignedBytes.Widened)
                        WriteWide(writer, isa.Fit(IntegerBlock.Units), kernels.Plan.IntegerTargets, columns);
                });
            });
    }

    // top, scale, and the sums of 16 values each: low and high. Sums of integers are exact in floats.
    private static void WriteVectors(SourceWriter writer, Dialect isa, string vec)
    {
        int vectors = IntegerBlock.Chunk / isa.Lanes;
        for (int i = 0; i < vectors; i++)
            writer.Line($"{vec} v{i} = {isa.Load(Code.At("v", i * isa.Lanes))};");
        writer.Line($"float top = LargestLane({Tree(Enumerable.Range(0, vectors).Select(i => isa.Abs($"v{i}")).ToList(), isa.Max)});");
        WriteScale(writer, isa);
        writer.Line($"{vec} factor = {isa.Broadcast("inverse")};");
        for (int i = 0; i < vectors; i++)
        {
            writer.Line($"v{i} = {isa.Round($"v{i} * factor")};");
            writer.Line(isa.StoreBytes(Code.At("values", i * isa.Lanes), $"v{i}"));
        }

        writer.Line($"float low = {isa.ReduceSum(Sum(0, vectors / 2))};");
        writer.Line($"float high = {isa.ReduceSum(Sum(vectors / 2, vectors))};");

        static string Sum(int first, int end) => Tree(Enumerable.Range(first, end - first).Select(i => $"v{i}").ToList(), (a, b) => $"({a} + {b})");
    }

    private static void WriteScalar(SourceWriter writer, Dialect isa)
    {
        writer.Line("float top = 0f;");
        writer.Nested($"for (int i = 0; i < {IntegerBlock.Chunk}; i++)", "top = MathF.Max(top, MathF.Abs(v[i]));");
        WriteScale(writer, isa);
        writer.Nested($"for (int i = 0; i < {IntegerBlock.Chunk}; i++)", isa.StoreBytes("values + i", isa.Round("v[i] * inverse")));
        writer.Line("float low = 0f;");
        writer.Line("float high = 0f;");
        writer.Block("for (int i = 0; i < 16; i++)", () =>
        {
            writer.Line("low += values[i];");
            writer.Line("high += values[i + 16];");
        });
    }

    private static void WriteScale(SourceWriter writer, Dialect isa)
    {
        writer.Line("float inverse = top > 0f ? 127f / top : 0f;");
        writer.Line($"float scale = top * {(isa.HalfScale == "1f" ? "(1f / 127f)" : $"({isa.HalfScale} / 127f)")};");
    }

    private static void WriteCenters(SourceWriter writer, string columns, CenterPlan center)
    {
        string to = $"((int*)(to + {columns}{center.Name}At))";
        if (center.SubBlock == IntegerBlock.Chunk)
        {
            writer.Line($"{to}[chunk] = (int)(low + high) * -{center.Center};");
            return;
        }

        writer.Line($"{to}[2 * chunk] = (int)low * -{center.Center};");
        writer.Line($"{to}[(2 * chunk) + 1] = (int)high * -{center.Center};");
    }

    // Only for kernels that widen; where another instruction set multiplies such codes, nobody would read it.
    private static void WriteWide(SourceWriter writer, Dialect width, IReadOnlyList<Dialect> instead, string columns)
    {
        void Write()
        {
            (string even, string odd) = width.WidenUnit(width.LoadInts("values"));
            writer.Line($"int* wide = (int*)(to + {columns}WideAt) + (chunk * {2 * IntegerBlock.Units});");
            writer.Line($"*({width.IntType}*)wide = {even};");
            writer.Line($"*({width.IntType}*)(wide + {IntegerBlock.Units}) = {odd};");
        }

        if (instead.Count == 0)
            Write();
        else
            writer.Block($"if (!({instead.Select(other => other.Guard).Join(" || ")}))", Write);
    }

    private static string Tree(List<string> terms, System.Func<string, string, string> join) => terms.Count == 1
        ? terms[0]
        : join(Tree(terms.Take(terms.Count / 2).ToList(), join), Tree(terms.Skip(terms.Count / 2).ToList(), join));
}
