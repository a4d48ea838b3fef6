using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>TrainingEngine.g.cs: what a trainer adds to the constants, and its life.</summary>
internal static class TrainingEngineEmitter
{
    /// <summary>The head of a part of the trainer, which lies in the engine: it shares the kernels.</summary>
    public const string Class = "public sealed unsafe partial class Trainer";

    public static string Write(ModelPlan plan, TrainingPlan training) => EngineFile.Write(plan.Spec, writer =>
    {
        WriteConstants(writer, training);
        writer.Line();
        writer.Line("/// <summary>A forward pass over batches of sequences, and the gradient of every weight.</summary>");
        writer.Block(Class + " : Contracts.TrainingEngine", () =>
        {
            WriteLife(writer, plan);
            writer.Line();
            TrainerWeights.Write(writer, plan.Spec);
        });
    });

    private static void WriteConstants(SourceWriter writer, TrainingPlan training)
    {
        writer.Line("// Training: where ups begin in a row of gates and ups, rows of a step's buffers, what is taken at once.");
        Int("UpOffset", training.UpOffset);
        Int("GateUpStride", training.GateUpStride);
        Int("VocabStride", training.VocabStride);
        Int("PositionStride", training.PositionStride);
        Int("DepthBlock", TrainingPlan.DepthBlock);
        Int("RowBlock", TrainingPlan.RowBlock);
        Int("QueryBlock", TrainingPlan.QueryBlock);
        Int("LogitTokens", training.LogitTokens);

        void Int(string name, int value) => writer.Line($"private const int {name} = {Code.Readable(value)};");
    }

    private static void WriteLife(SourceWriter writer, ModelPlan plan)
    {
        writer.Line($$"""
            /// <summary>Which elements of a head the rows of the query and key weights pair up.</summary>
            public const global::Llamalith.RopeLayout RopeLayout = global::Llamalith.RopeLayout.{{plan.Spec.RopeLayout}};

            private static readonly Contracts.EngineTraits Traits = Engine.Traits.ForTrainer(LogitTokens);

            private readonly Contracts.NativeBuffer _layers;
            private readonly Memory _memory;

            """);
        writer.Line("/// <summary>A trainer with weights of zero.</summary>");
        writer.Line("public Trainer(Contracts.TrainerOptions? options)");
        writer.Method("    : base(Traits, options)", () => writer.Line("""
            _memory = new Memory(TokenCapacity, KeptLayers, Team.Size);
            _layers = new Contracts.NativeBuffer(Layers * sizeof(LayerWeights));
            FindWeights();
            """));
        writer.Line();
        writer.Line("""
            protected override FloatReadOnlySpan HiddenRow(int token) => new(unchecked(_memory.Final + (token * (nint)DimStride)), Dim);

            protected override FloatSpan HiddenGradientRow(int token) =>
                new(unchecked(_memory.NormedGradient + (token * (nint)DimStride)), PaddedDim);

            protected override void Free()
            {
                _layers.Dispose();
                _memory.Dispose();
            }
            """);
    }
}
