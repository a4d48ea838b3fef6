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
    public static void WriteQuantize(KernelClass kernels, QuantizePlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (string columns, RecordPlan record) = (plan.Columns, plan.Record);
        string parts = record.Parts.Select(part => part.Name.ToLowerInvariant()).Join(", ");
        kernels.Kernel(
            "Quantize" + columns,
            "values = round(x / scale), scale = max|x| / 127 for each 32",
            $"x [{columns}] · record: values [{columns}] signed bytes, then {parts}"
                + " · scales and sums carry the factor that restores widened halves",
            [("float*", "x"), ("byte*", "to")],
            () =>
            {
                writer.Line($"float* scales = (float*)(to + {columns}ScalesAt);");
                writer.Block($"for (int chunk = 0; chunk < {columns} / {IntegerBlock.Chunk}; chunk++)", () =>
                {
                    writer.Line($"float* v = x + (chunk * {IntegerBlock.Chunk});");
                    writer.Line($"sbyte* values = (sbyte*)to + (chunk * {IntegerBlock.Chunk});");
                    if (isa.Lanes == 1)
                        WriteNumbers(writer, isa);
                    else
                        WriteVectors(writer, isa);
                    writer.Line("scales[chunk] = scale + ((low + high) * 0f); // Not a number where x has one that is none.");
                    if (record.HasSums)
                        writer.Line($"((float*)(to + {columns}SumsAt))[chunk] = (low + high) * scale;");
                    if (record.HasHalfSums)
                    {
                        writer.Line($"((float*)(to + {columns}HalfSumsAt))[2 * chunk] = low * scale;");
                        writer.Line($"((float*)(to + {columns}HalfSumsAt))[(2 * chunk) + 1] = high * scale;");
                    }

                    foreach (CenterPlan center in record.Centers)
                        WriteCenters(writer, columns, center);
                    if (plan.Widening is { } widening)
                        WriteShorts(writer, widening, plan);
                });
            });
    }

    // top, scale, and the sums of 16 values each: low and high. Sums of integers are exact in floats.
    private static void WriteVectors(SourceWriter writer, Dialect isa)
    {
        string vec = isa.VectorType;
        int vectors = IntegerBlock.Chunk / isa.Lanes;
        for (int i = 0; i < vectors; i++)
            writer.Line($"{vec} v{i} = {isa.Load(Code.At("v", i * isa.Lanes))};");
        List<string> sizes = Enumerable.Range(0, vectors).Select(i => isa.Abs($"v{i}")).ToList();
        writer.Line($"float top = LargestLane({Loops.Tree(sizes, isa.Max)});");
        WriteScale(writer);
        writer.Line($"{vec} factor = {isa.Broadcast("inverse")};");
        for (int i = 0; i < vectors; i++)
        {
            writer.Line($"v{i} = {isa.Round($"v{i} * factor")};");
            writer.Line(isa.StoreBytes(Code.At("values", i * isa.Lanes), $"v{i}"));
        }

        writer.Line($"float low = {isa.ReduceSum(Sum(0, vectors / 2))};");
        writer.Line($"float high = {isa.ReduceSum(Sum(vectors / 2, vectors))};");

        static string Sum(int first, int end) =>
            Loops.Tree(Enumerable.Range(first, end - first).Select(i => $"v{i}").ToList(), (a, b) => $"({a} + {b})");
    }

    private static void WriteNumbers(SourceWriter writer, Dialect isa)
    {
        writer.Line("float top = 0f;");
        writer.Nested($"for (int i = 0; i < {IntegerBlock.Chunk}; i++)", $"top = {isa.Max(isa.Abs("v[i]"), "top")};");
        WriteScale(writer);
        writer.Line("float low = 0f;");
        writer.Line("float high = 0f;");
        writer.Block($"for (int i = 0; i < {IntegerBlock.Chunk / 2}; i++)", () =>
        {
            foreach ((string name, int at, string sum) in new[] { ("a", 0, "low"), ("b", IntegerBlock.Chunk / 2, "high") })
            {
                writer.Line($"float {name} = {isa.Round($"v[{Code.At("i", at)}] * inverse")};");
                writer.Line(isa.StoreBytes(Code.At("values + i", at), name));
                writer.Line($"{sum} += {name};");
            }
        });
    }

    // What is so small that its inverse is none counts as nothing.
    private static void WriteScale(SourceWriter writer)
    {
        writer.Line("float inverse = top > 1E-36f ? 127f / top : 0f;");
        writer.Line($"float scale = top * ({Dialect.HalfFactor} / 127f);");
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

    // Only for kernels that widen. Where the machine has others for such codes, these may still be chosen.
    private static void WriteShorts(SourceWriter writer, Dialect isa, QuantizePlan plan)
    {
        (string even, string odd) = isa.WidenUnit(isa.LoadInts("values"));
        writer.Line($"int* shorts = (int*)(to + {plan.Columns}ShortsAt) + (chunk * {2 * IntegerBlock.Units});");
        writer.Line($"*({isa.IntType}*)shorts = {even};");
        writer.Line($"*({isa.IntType}*)(shorts + {IntegerBlock.Units}) = {odd};");
    }
}
