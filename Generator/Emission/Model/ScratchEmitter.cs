using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>Scratch.g.cs: every buffer of a forward pass, carved from one allocation.</summary>
internal static class ScratchEmitter
{
    public static string Write(ModelPlan plan)
    {
        (string Name, string Size, string Shape)[] shared =
        [
            ("X", "PrefillChunk * DimStride", "[tokens, Dim] the residual stream"),
            ("Normed", "PrefillChunk * DimStride", "[tokens, Dim] its norm, shared in prefill"),
            ("Qkv", "PrefillChunk * QkvStride", "[tokens, queries | keys | values]"),
            ("Attended", "PrefillChunk * QueryDimStride", "[tokens, QueryDim]"),
            ("Partials", "CacheBlocks * QueryDimStride", "[blocks, QueryDim] attention of one token over each block of the cache"),
            ("Max", "CacheBlocks * PaddedHeads", "[blocks, Heads] of the softmax over each block"),
            ("Sum", "CacheBlocks * PaddedHeads", "[blocks, Heads] of the softmax over each block"),
            ("Hidden", "PrefillChunk * FfnDimStride", "[tokens, FfnDim]"),
            ("LogitRows", "LogitRowCount * LogitStride", "[tokens, VocabSize] where more than the last token's logits are wanted"),
            ("Cos", "Context * HeadDim", "[Context, HeadDim]"),
            ("Sin", "Context * HeadDim", "[Context, HeadDim], signed for each element of a pair"),
        ];
        bool quantized = plan.ColumnKinds.Any(kind => plan.IsQuantized(kind.Count));
        if (quantized)
            shared = [.. shared, ("Records", "PrefillChunk * (MaxRecordBytes / sizeof(float))", "[tokens] 8-bit activations")];
        (string Name, string Size, string Shape)[] own =
        [
            ("Normed", "PaddedDim", "[Dim] the norm of one token"),
            .. quantized
                ? new[]
                {
                    ("Record", "MaxRecordBytes / sizeof(float)", "8-bit activations of one token"),
                    ("Unpacked", "UnpackedFloats", "one panel of integer weights: scales, minima, codes"),
                }
                : [],
            ("Attended", "QueryDimStride", "[QueryDim] of one token"),
            ("Factors", "CacheBlocks * PaddedHeads", "[blocks, Heads] what each block counts"),
            ("Keys", "HeadDim * BlockPositions", "a block's keys as floats"),
            ("Values", "HeadDim * BlockPositions", "a block's values as floats"),
            ("Queries", "PrefillTiles * QueryRows * HeadDim", "[rows, HeadDim] rotated queries"),
            ("Scores", "QueryRows * BlockPositions", "[rows, BlockPositions]"),
            ("Mixed", "PrefillTiles * QueryRows * HeadDim", "[rows, HeadDim] weighted values"),
            ("Max", "PrefillTiles * QueryRows", "[rows] of the online softmax"),
            ("Sum", "PrefillTiles * QueryRows", "[rows] of the online softmax"),
            ("Scale", "QueryRows", "[rows] of the online softmax"),
            ("Sums", "PrefillChunk * PanelRows", "[tokens, 32] of a panel"),
        ];
        return EngineFile.Write(plan.Spec, writer =>
        {
            writer.Line("/// <summary>The buffers of a forward pass: shared ones, and a set for each thread.</summary>");
            writer.Block("private sealed unsafe class Scratch : IDisposable", () =>
            {
                writer.Line("private readonly Contracts.NativeBuffer _memory;");
                writer.Line();
                foreach ((string name, string _, string shape) in shared)
                    writer.Line($"public readonly float* {name}; // {shape}");
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
                    Carve(writer, shared, "");
                    writer.Line("Threads = new Thread[threads];");
                    writer.Block("for (int i = 0; i < threads; i++)", () =>
                    {
                        writer.Line("ref Thread thread = ref Threads[i];");
                        Carve(writer, own, "thread.");
                    });
                    writer.Line("FillRotations();");
                });
                writer.Line();
                WriteTotal(writer, "SharedFloats", shared);
                writer.Line();
                WriteTotal(writer, "ThreadFloats", own);
                writer.Line();
                writer.Line("public void Dispose() => _memory.Dispose();");
                writer.Line();
                WriteRotations(writer, plan);
                writer.Line();
                writer.Block("public struct Thread", () =>
                {
                    foreach ((string name, string _, string shape) in own)
                        writer.Line($"public float* {name}; // {shape}");
                });
            });
        });
    }

    private static void Carve(SourceWriter writer, IEnumerable<(string Name, string Size, string Shape)> buffers, string owner)
    {
        foreach ((string name, string size, string _) in buffers)
        {
            writer.Line($"{owner}{name} = next;");
            writer.Line($"next += {Padded(size)};");
        }
    }

    // Each buffer on a cache line of its own, so that threads never share one.
    private static string Padded(string size) => $"(((long){size} + 31) & ~31L)";

    private static void WriteTotal(SourceWriter writer, string name, (string Name, string Size, string Shape)[] buffers)
    {
        writer.Line($"private const long {name} =");
        for (int i = 0; i < buffers.Length; i++)
            writer.Line($"    {(i == 0 ? "" : "+ ")}{Padded(buffers[i].Size)}{(i == buffers.Length - 1 ? ";" : "")}");
    }

    /// <summary>Writes the rotary frequencies and what fills the tables Cos and Sin with them.</summary>
    public static void WriteRotations(SourceWriter writer, ModelPlan plan)
    {
        bool interleaved = plan.Spec.RopeLayout == Spec.RopeLayout.Interleaved;
        writer.Line("// Radians a position, one for each pair of a head.");
        writer.Line("private static DoubleReadOnlySpan Frequencies =>");
        writer.Line("[");
        for (int i = 0; i < plan.Frequencies.Count; i += 8)
        {
            List<string> row = [];
            for (int j = i; j < plan.Frequencies.Count && j < i + 8; j++)
                row.Add(Code.Double(plan.Frequencies[j]));
            writer.Line("    " + row.Join(", ") + ",");
        }

        writer.Line("];");
        writer.Line();
        writer.Method("private void FillRotations()", () => writer.Block("for (int position = 0; position < Context; position++)", () =>
        {
            writer.Line("float* cos = Cos + (position * (long)HeadDim);");
            writer.Line("float* sin = Sin + (position * (long)HeadDim);");
            writer.Block("for (int pair = 0; pair < HeadDim / 2; pair++)", () =>
            {
                writer.Line("(double s, double c) = Contracts.RotaryAngle.SinCos(position * Frequencies[pair]);");
                writer.Line(interleaved ? "int a = 2 * pair, b = a + 1;" : "int a = pair, b = pair + (HeadDim / 2);");
                writer.Line("cos[a] = cos[b] = (float)c;");
                writer.Line("sin[a] = (float)-s;");
                writer.Line("sin[b] = (float)s;");
            });
        }));
    }
}
