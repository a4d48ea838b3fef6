using System.Collections.Generic;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>Scratch.g.cs: every buffer of a forward pass, carved from one allocation.</summary>
internal static class ScratchEmitter
{
    public static string Write(ModelPlan plan)
    {
        ScratchPlan scratch = plan.Scratch;
        return EngineFile.Write(plan.Spec, writer =>
        {
            writer.Line("/// <summary>The buffers of a forward pass: shared ones, and a set for each thread.</summary>");
            writer.Block("private sealed unsafe class Scratch : IDisposable", () =>
            {
                writer.Line("private readonly Contracts.NativeBuffer _memory;");
                writer.Line();
                foreach (ScratchBuffer buffer in scratch.Shared)
                    writer.Line($"public readonly float* {buffer.Name}; // {buffer.Shape}");
                writer.Line("public readonly Thread[] Threads;");
                writer.Line();
                writer.Line("// [VocabSize] Pinned and managed, since callers hold spans of it that may outlive the engine.");
                writer.Line("public readonly float[] Logits = GC.AllocateArray<float>(PaddedVocabSize, pinned: true);");
                writer.Line();
                writer.Method("public Scratch(int threads)", () =>
                {
                    writer.Line("long floats = SharedFloats + (threads * ThreadFloats);");
                    writer.Line("_memory = new Contracts.NativeBuffer(floats * sizeof(float));");
                    writer.Line("float* next = (float*)_memory.Data;");
                    Carve(writer, scratch.Shared, "");
                    writer.Line("Threads = new Thread[threads];");
                    writer.Block("for (int i = 0; i < threads; i++)", () =>
                    {
                        writer.Line("ref Thread thread = ref Threads[i];");
                        Carve(writer, scratch.Own, "thread.");
                    });
                    writer.Line("FillRotations();");
                    if (plan.LocalFrequencies.Count > 0)
                        writer.Line("FillLocalRotations();");
                    if (plan.Spec.AttentionTemperature > 0)
                        writer.Line("FillQueryRotations();");
                    if (plan.MixesRotations)
                    {
                        writer.Line("new FloatSpan(PlainCos, HeadDim).Fill(1f);");
                        writer.Line("new FloatSpan(PlainSin, HeadDim).Clear();");
                    }
                });
                writer.Line();
                WriteTotal(writer, "SharedFloats", scratch.Shared);
                writer.Line();
                WriteTotal(writer, "ThreadFloats", scratch.Own);
                writer.Line();
                writer.Line("public void Dispose() => _memory.Dispose();");
                writer.Line();
                WriteRotations(writer, plan);
                WriteOtherRotations(writer, plan);
                writer.Line();
                writer.Block("public struct Thread", () =>
                {
                    foreach (ScratchBuffer buffer in scratch.Own)
                        writer.Line($"public float* {buffer.Name}; // {buffer.Shape}");
                });
            });
        });
    }

    private static void Carve(SourceWriter writer, IEnumerable<ScratchBuffer> buffers, string owner)
    {
        foreach (ScratchBuffer buffer in buffers)
        {
            writer.Line($"{owner}{buffer.Name} = next;");
            writer.Line($"next += {buffer.FloatsText};");
        }
    }

    private static void WriteTotal(SourceWriter writer, string name, IReadOnlyList<ScratchBuffer> buffers)
    {
        writer.Line($"private const long {name} =");
        for (int i = 0; i < buffers.Count; i++)
            writer.Line($"    {(i == 0 ? "" : "+ ")}{buffers[i].FloatsText}{(i == buffers.Count - 1 ? ";" : "")}");
    }

    /// <summary>Writes the rotary frequencies and what fills the tables Cos and Sin with them.</summary>
    public static void WriteRotations(SourceWriter writer, ModelPlan plan) => WriteTable(
        writer, plan, "Radians a position, one for each pair of a head.", "", plan.Frequencies, plan.Spec.RopeScaling.Magnitude);

    // Those of layers and queries that turn otherwise.
    private static void WriteOtherRotations(SourceWriter writer, ModelPlan plan)
    {
        if (plan.LocalFrequencies.Count > 0)
        {
            writer.Line();
            WriteTable(writer, plan, "The same for layers with a base of their own.", "Local", plan.LocalFrequencies, 1);
        }

        if (plan.Spec.AttentionTemperature == 0)
            return;
        writer.Line();
        writer.Line("// How much queries have grown, for each stretch of the original context.");
        writer.Line("private static DoubleReadOnlySpan Growth =>");
        WriteList(writer, RopeTable.Growth(plan.Spec));
        writer.Line();
        writer.Method("private void FillQueryRotations()", () => writer.Block("for (long i = 0; i < Context * (long)HeadDim; i++)", () =>
        {
            writer.Line($"double growth = Growth[(int)(i / HeadDim / {Code.Int(plan.Spec.RopeScaling.OriginalContext)})];");
            writer.Line("QueryCos[i] = (float)(Cos[i] * growth);");
            writer.Line("QuerySin[i] = (float)(Sin[i] * growth);");
        }));
    }

    private static void WriteTable(
        SourceWriter writer, ModelPlan plan, string comment, string name, IReadOnlyList<double> frequencies, double magnitude)
    {
        bool interleaved = plan.Spec.RopeLayout == Spec.RopeLayout.Interleaved;
        writer.Line($"// {comment}");
        writer.Line($"private static DoubleReadOnlySpan {name}Frequencies =>");
        WriteList(writer, frequencies);
        writer.Line();
        const string EachPosition = "for (int position = 0; position < Context; position++)";
        writer.Method($"private void Fill{name}Rotations()", () => writer.Block(EachPosition, () =>
        {
            writer.Line($"float* cos = {name}Cos + (position * (long)HeadDim);");
            writer.Line($"float* sin = {name}Sin + (position * (long)HeadDim);");
            writer.Block("for (int pair = 0; pair < HeadDim / 2; pair++)", () =>
            {
                writer.Line($"(double s, double c) = Contracts.RotaryAngle.SinCos(position * {name}Frequencies[pair]);");
                writer.Line(interleaved ? "int a = 2 * pair, b = a + 1;" : "int a = pair, b = pair + (HeadDim / 2);");
                if (magnitude != 1)
                {
                    // What is not turned is not stretched either.
                    string turned = plan.Spec.RotaryDim == 0 ? "" : "if (pair < RotaryDim / 2)\n    ";
                    writer.Line($"{turned}(s, c) = (s * {Code.Double(magnitude)}, c * {Code.Double(magnitude)});");
                }

                writer.Line("cos[a] = cos[b] = (float)c;");
                writer.Line("sin[a] = (float)-s;");
                writer.Line("sin[b] = (float)s;");
            });
        }));
    }

    private static void WriteList(SourceWriter writer, IReadOnlyList<double> numbers)
    {
        writer.Line("[");
        for (int i = 0; i < numbers.Count; i += 8)
        {
            List<string> row = [];
            for (int j = i; j < numbers.Count && j < i + 8; j++)
                row.Add(Code.Double(numbers[j]));
            writer.Line("    " + row.Join(", ") + ",");
        }

        writer.Line("];");
    }
}
