using System.Linq;
using Llamalith.Generator.Emission.Model;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>TrainingMemory.g.cs: every buffer of a training step, carved from one allocation.</summary>
internal static class TrainingMemoryEmitter
{
    public static string Write(ModelPlan plan)
    {
        int tileRows = plan.Targets.Max(isa => TrainingPlan.Product(isa).Rows[0]);
        (string Name, string Size, string Shape)[] shared =
        [
            ("Input", "(layers + 1) * (tokens * DimStride)", "[Layers + 1, tokens, Dim] the residual stream before each layer, kept"),
            ("Middle", "kept * (tokens * DimStride)", "[Layers, tokens, Dim] the same before the feed-forward network, kept"),
            ("Qkv", "kept * (tokens * QkvStride)", "[Layers, tokens, queries | keys | values] rotated, kept"),
            ("Attended", "kept * (tokens * QueryDimStride)", "[Layers, tokens, QueryDim] kept"),
            ("LogSums", "kept * (tokens * Heads)", "[Layers, tokens, Heads] log2 of the softmax's sum, kept"),
            ("GateUp", "kept * (tokens * GateUpStride)", "[Layers, tokens, gates | ups] kept"),
            ("Normed", "tokens * DimStride", "[tokens, Dim]"),
            ("Scales", "tokens", "[tokens] of the norm"),
            ("Hidden", "tokens * FfnDimStride", "[tokens, FfnDim]"),
            ("Final", "tokens * DimStride", "[tokens, Dim] what the classifier sees"),
            ("InputGradient", "tokens * DimStride", "[tokens, Dim]"),
            ("NormedGradient", "tokens * DimStride", "[tokens, Dim]"),
            ("HiddenGradient", "tokens * FfnDimStride", "[tokens, FfnDim]"),
            ("AttendedGradient", "tokens * QueryDimStride", "[tokens, QueryDim]"),
            ("QkvGradient", "tokens * QkvStride", "[tokens, queries | keys | values]"),
            ("Picked", "chunk * DimStride", "[LogitTokens, Dim] what the classifier sees of the tokens that are asked for"),
            ("PickedGradient", "chunk * DimStride", "[LogitTokens, Dim]"),
            ("Logits", "chunk * VocabStride", "[LogitTokens, VocabSize]"),
            ("Cos", "Context * (long)HeadDim", "[Context, HeadDim]"),
            ("Sin", "Context * (long)HeadDim", "[Context, HeadDim], signed for each element of a pair"),
            ("Zeros", "PanelRows", "[32]"),
        ];
        (string Name, string Size, string Shape)[] own =
        [
            ("Block", "DepthBlock * PanelRows", "[DepthBlock, 32] packed operand of a product"),
            ("Columns", "RowBlock * DepthBlock", "[RowBlock, DepthBlock] packed columns of the other"),
            ("Tile", $"{Code.Int(tileRows)} * PanelRows", "a tile's sums"),
            ("Keys", "positions * HeadDim", "[panels of 32 positions, HeadDim, 32]"),
            ("Values", "positions * HeadDim", "[panels of 32 positions, HeadDim, 32]"),
            ("Scores", "QueryBlock * (long)PositionStride", "[QueryBlock, positions]"),
            ("Slopes", "QueryBlock * (long)PositionStride", "[QueryBlock, positions]"),
        ];
        return EngineFile.Write(plan.Spec, writer => writer.Block(TrainingEngineEmitter.Class, () =>
        {
            writer.Line("/// <summary>The buffers of a training step: shared ones, and a set for each thread. "
                + "What a batch does not fill takes no memory.</summary>");
            writer.Block("private sealed class Memory : IDisposable", () =>
            {
                writer.Line("private readonly Contracts.NativeBuffer _memory;");
                writer.Line();
                foreach ((string name, string _, string shape) in shared)
                    writer.Line($"public readonly float* {name}; // {shape}");
                writer.Line("public readonly Thread[] Threads;");
                writer.Line();
                writer.Line("// Rows from one layer's activations to the next; 0 where only one layer's are kept.");
                writer.Line("public readonly nint LayerRows;");
                writer.Line();
                writer.Method("public Memory(long tokens, int layers, int threads)", () =>
                {
                    writer.Line("long kept = Math.Max(layers, 1), chunk = Math.Min(tokens, LogitTokens), "
                        + "positions = (Context + PanelRows - 1) / PanelRows * PanelRows;");
                    writer.Line("LayerRows = layers == 0 ? 0 : (nint)tokens;");
                    writer.Line("Threads = new Thread[threads];");
                    writer.Line();
                    writer.Line("// The first round measures.");
                    writer.Block("for (int round = 0; round < 2; round++)", () =>
                    {
                        writer.Line("long next = 0;");
                        foreach ((string name, string size, string _) in shared)
                            writer.Line($"{name} = Take({size});");
                        writer.Block("for (int i = 0; i < threads; i++)", () =>
                        {
                            writer.Line("ref Thread thread = ref Threads[i];");
                            foreach ((string name, string size, string _) in own)
                                writer.Line($"thread.{name} = Take({size});");
                        });
                        writer.Line("_memory ??= new Contracts.NativeBuffer(next * sizeof(float), hugePages: true);");
                        writer.Line();
                        writer.Line("// Each buffer on a cache line of its own; kernels read whole vectors past the end of the last row.");
                        writer.Block("float* Take(long floats)", () =>
                        {
                            writer.Line("float* at = _memory is null ? null : (float*)_memory.Data + next;");
                            writer.Line("next += (floats + 95) & ~31L;");
                            writer.Line("return at;");
                        });
                    });
                    writer.Line();
                    writer.Line("FillRotations();");
                });
                writer.Line();
                writer.Line("public void Dispose() => _memory.Dispose();");
                writer.Line();
                ScratchEmitter.WriteRotations(writer, plan);
                writer.Line();
                writer.Block("public struct Thread", () =>
                {
                    foreach ((string name, string _, string shape) in own)
                        writer.Line($"public float* {name}; // {shape}");
                });
            });
        }));
    }
}
