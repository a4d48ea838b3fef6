using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>TrainingPasses.g.cs: both passes as a table of contents, and the classifier between them.</summary>
internal static class TrainingPassesEmitter
{
    public static string Write(ModelPlan plan)
    {
        return EngineFile.Write(plan.Spec, writer => writer.Block(TrainingEngineEmitter.Class, () =>
        {
            WritePass(writer, plan, "ForwardOn", "One thread's share of a forward pass.",
                TrainingGraph.Forward, "for (int layer = 0; layer < Layers; layer++)", () =>
                writer.Block("for (int token = firstToken; token < endToken; token++)", () =>
                {
                    writer.Line("float* x = m.Input + (token * (nint)DimStride);");
                    writer.Line("Unsafe.CopyBlockUnaligned(x, _embedding + (Tokens[token] * (nint)Dim), Dim * sizeof(float));");
                    if (plan.Spec.Dim % ModelPlan.PanelRows != 0)
                        writer.Line("new FloatSpan(x + Dim, PaddedDim - Dim).Clear();");
                }));
            writer.Line();
            WritePass(writer, plan, "BackwardOn",
                "One thread's share of a backward pass, from the gradient of what the classifier sees on.",
                TrainingGraph.Backward, "for (int layer = Layers - 1; layer >= 0; layer--)", () =>
                writer.Nested("for (int token = firstToken; token < endToken; token++)",
                    "new FloatSpan(m.InputGradient + (token * (nint)DimStride), PaddedDim).Clear();"));
            writer.Line();
            WriteLogits(writer, plan.Training!);
            writer.Line();
            WriteHelpers(writer);
        }));
    }

    private static void WritePass(
        SourceWriter writer, ModelPlan plan, string name, string summary, TrainingSchedule schedule, string loop, System.Action begin)
    {
        int barriers = schedule.Layer.Count(step => step.BarrierBefore);
        writer.Line($"/// <summary>{summary} {barriers} barriers a layer.</summary>");
        writer.HotMethod($"protected override void {name}(int rank)", () =>
        {
            writer.Line("Memory m = _memory;");
            writer.Line("ref Memory.Thread t = ref m.Threads[rank];");
            writer.Line("(int firstToken, int endToken) = Contracts.WorkerTeam.Share(Count, rank, Team.Size);");
            writer.Line("int tokens = endToken - firstToken;");
            begin();
            foreach (ScheduledTrainingStep step in schedule.Before)
                Step(step);
            writer.Block(loop, () =>
            {
                writer.Line("LayerWeights* w = (LayerWeights*)_layers.Data + layer;");
                writer.Line("nint rows = layer * m.LayerRows;");
                foreach (ScheduledTrainingStep step in schedule.Layer)
                    Step(step);
            });
            foreach (ScheduledTrainingStep step in schedule.After)
                Step(step);
        });

        void Step(ScheduledTrainingStep scheduled)
        {
            if (scheduled.BarrierBefore)
                writer.Line("Team.Barrier();");
            TrainingSteps.Write(writer, plan, scheduled.Step);
        }
    }

    private static void WriteLogits(SourceWriter writer, TrainingPlan plan)
    {
        (string dim, string vocab) = (plan.InputStride("Dim"), plan.InputStride("Vocab"));
        writer.Line("/// <summary>One thread's share of the logits of some tokens: shown to a reader, "
            + "or turned into gradients by a loss and taken back.</summary>");
        writer.Method("protected override void LogitsOn(int rank)", () => writer.Line($"""
            Memory m = _memory;
            ref Memory.Thread t = ref m.Threads[rank];
            (int begin, int end) = Contracts.WorkerTeam.Share(PickedCount, rank, Team.Size);
            float* hidden = m.Picked + (begin * (nint)DimStride);
            float* logits = m.Logits + (begin * (nint)VocabStride);
            for (int i = begin; i < end; i++)
                Unsafe.CopyBlockUnaligned(m.Picked + (i * (nint)DimStride),
                    m.Final + (Picked[i] * (nint)DimStride), PaddedDim * sizeof(float));
            Kernels.MultiplyTransposed{dim}(hidden, _classifier, VocabSize, Dim, logits, VocabStride, end - begin, false, t.Block, m.Zeros);
            for (int i = begin; i < end; i++)
                See(i, new FloatSpan(m.Logits + (i * (nint)VocabStride), VocabSize));
            if (!IsLoss)
                return;
            float* gradient = m.PickedGradient + (begin * (nint)DimStride);
            Kernels.Multiply{vocab}(logits, _classifier, Dim, VocabSize, gradient, DimStride, end - begin, false, t.Block, m.Zeros);
            for (int i = begin; i < end; i++)
                Kernels.AddRow(m.PickedGradient + (i * (nint)DimStride), m.NormedGradient + (Picked[i] * (nint)DimStride), Dim);
            """));
        writer.Line();
        writer.Line("/// <summary>One thread's share of the classifier's gradient by some tokens.</summary>");
        writer.Method("protected override void ClassifierWeightsOn(int rank)", () => writer.Line("""
            Memory m = _memory;
            ref Memory.Thread t = ref m.Threads[rank];
            (int begin, int end) = Contracts.WorkerTeam.Share(VocabSize, rank, Team.Size);
            float* gradient = _classifier + _toGradient;
            Kernels.MultiplyGradient(m.Logits, VocabStride, m.Picked, DimStride, gradient, Dim,
                begin, end, PickedCount, t.Block, t.Columns, t.Tile, m.Zeros);
            """));
    }

    private static void WriteHelpers(SourceWriter writer)
    {
        writer.Line("// One thread's share of a norm's weights: columns, each summed over all tokens.");
        writer.Method("private void NormWeights(float* x, float* weights, int rank, ref Memory.Thread t)", () => writer.Line("""
            Memory m = _memory;
            (int begin, int end) = Contracts.WorkerTeam.Share(PaddedDim / PanelRows, rank, Team.Size);
            for (int column = begin * PanelRows; column < Math.Min(Dim, end * PanelRows); column += PanelRows)
            {
                int count = Math.Min(PanelRows, Dim - column);
                Kernels.NormWeights(x, m.NormedGradient, m.Scales, weights + _toGradient, Count, column, count, t.Tile);
            }
            """));
        writer.Line();
        writer.Line("// One thread's share of a matrix's gradient: rows of it, each summed over all tokens.");
        const string Parameters =
            "float* dy, int dyStride, float* x, int xStride, float* weights, int rows, int columns, int rank, ref Memory.Thread t";
        writer.Method($"private void Weights({Parameters})", () => writer.Line("""
            Memory m = _memory;
            float* gradient = weights + _toGradient;
            (int begin, int end) = Contracts.WorkerTeam.Share(rows, rank, Team.Size);
            Kernels.MultiplyGradient(dy, dyStride, x, xStride, gradient, columns, begin, end, Count, t.Block, t.Columns, t.Tile, m.Zeros);
            """));
        writer.Line();
        writer.Line("// One thread's share of a bias's gradient.");
        writer.Method("private void Bias(float* dy, float* bias, int count, int rank, ref Memory.Thread t)", () => writer.Line("""
            (int begin, int end) = Contracts.WorkerTeam.Share((count + PanelRows - 1) / PanelRows, rank, Team.Size);
            for (int column = begin * PanelRows; column < Math.Min(count, end * PanelRows); column += PanelRows)
                Kernels.ColumnSums(dy, QkvStride, bias + _toGradient, Count, column, Math.Min(PanelRows, count - column), t.Tile);
            """));
    }
}
