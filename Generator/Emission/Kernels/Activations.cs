using System.Linq;
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
    public static void WriteQuantize(KernelClass kernels, string columns)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        int vectors = IntegerBlock.Chunk / isa.Lanes;
        string halves = kernels.Plan.Formats.OfType<IntegerBlock>().Any() ? isa.HalfScale : "1f";
        kernels.Kernel(
            "Quantize" + columns,
            "values = round(x / scale), scale = max|x| / 127 for each 32",
            $"x [{columns}] · record: values [{columns}] signed bytes, then scales, pair sums and sums · scales and sums carry the factor that restores widened halves",
            [("float*", "x"), ("byte*", "to")],
            () =>
            {
                writer.Line($"float* scales = (float*)(to + {columns}ScalesAt);");
                writer.Line($"int* pairs = (int*)(to + {columns}PairsAt);");
                writer.Line($"float* sums = (float*)(to + {columns}SumsAt);");
                writer.Line($"float* halfSums = (float*)(to + {columns}HalfSumsAt);");
                if (kernels.Plan.WidensActivations)
                    writer.Line($"short* wide = (short*)(to + {columns}WideAt);");
                writer.Block($"for (int chunk = 0; chunk < {columns} / {IntegerBlock.Chunk}; chunk++)", () =>
                {
                    writer.Line($"float* v = x + (chunk * {IntegerBlock.Chunk});");
                    writer.Line($"sbyte* values = (sbyte*)to + (chunk * {IntegerBlock.Chunk});");
                    if (isa.Lanes == 1)
                    {
                        writer.Line("float top = 0f;");
                        writer.Nested($"for (int i = 0; i < {IntegerBlock.Chunk}; i++)", "top = MathF.Max(top, MathF.Abs(v[i]));");
                    }
                    else
                    {
                        writer.Line($"{vec} all = {isa.Abs(isa.Load("v"))};");
                        for (int i = 1; i < vectors; i++)
                            writer.Line($"all = {isa.Max("all", isa.Abs(isa.Load(Text.At("v", i * isa.Lanes))))};");
                        writer.Line("float top = LargestLane(all);");
                    }

                    writer.Line("float inverse = top > 0f ? 127f / top : 0f;");
                    writer.Line($"float scale = top * {(halves == "1f" ? "(1f / 127f)" : $"({halves} / 127f)")};");
                    writer.Line("scales[chunk] = scale;");
                    writer.Line($"{vec} factor = {isa.Broadcast("inverse")};");
                    if (isa.Lanes == 1)
                    {
                        writer.Nested($"for (int i = 0; i < {IntegerBlock.Chunk}; i++)", isa.StoreBytes("values + i", isa.Round("v[i] * factor")));
                    }
                    else
                    {
                        for (int i = 0; i < vectors; i++)
                            writer.Line(isa.StoreBytes(Text.At("values", i * isa.Lanes), isa.Round($"{isa.Load(Text.At("v", i * isa.Lanes))} * factor")));
                    }

                    writer.Line("int sum = 0;");
                    writer.Block("for (int half = 0; half < 2; half++, values += 16)", () =>
                    {
                        writer.Line("int low = 0;");
                        writer.Line("int high = 0;");
                        writer.Block("for (int unit = 0; unit < 16; unit += 4)", () =>
                        {
                            writer.Line("low += values[unit] + values[unit + 1];");
                            writer.Line("high += values[unit + 2] + values[unit + 3];");
                            if (kernels.Plan.WidensActivations)
                                writer.Line("*(ulong*)wide = (ushort)values[unit] + ((ulong)(ushort)values[unit + 2] << 16) + ((ulong)(ushort)values[unit + 1] << 32) + ((ulong)(ushort)values[unit + 3] << 48);\nwide += 4;");
                        });
                        writer.Line("pairs[(2 * chunk) + half] = (ushort)low | (high << 16);");
                        writer.Line("halfSums[(2 * chunk) + half] = (low + high) * scale;");
                        writer.Line("sum += low + high;");
                    });
                    writer.Line("sums[chunk] = sum * scale;");
                });
            });
    }

    /// <summary>The constants of a record: where each part lies, and the bytes from one row's record to the next.</summary>
    public static void WriteConstants(SourceWriter writer, ModelPlan plan, string columns, int count)
    {
        int at = count;
        Part("Scales", count / 8);
        Part("Pairs", count / 4);
        Part("Sums", count / 8);
        Part("HalfSums", count / 4);
        if (plan.WidensActivations)
        {
            at = ModelPlan.Pad(at, 64);
            Part("Wide", 2 * count);
        }

        // An odd number of cache lines, so that rows do not fall into the same set.
        at = ModelPlan.Pad(at, 64);
        writer.Line($"private const int {columns}RecordBytes = {Text.Int(at / 64 % 2 == 0 ? at + 64 : at)};");

        void Part(string name, int bytes)
        {
            writer.Line($"private const int {columns}{name}At = {Text.Int(at)};");
            at += bytes;
        }
    }
}
