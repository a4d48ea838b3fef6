using System.Linq;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>TrainerPasses.g.cs: both passes as a table of contents, and the classifier between them.</summary>
internal static class TrainerPassEmitter
{
    public static string Write(ModelPlan plan)
    {
        SourceWriter writer = new();
        ModelFile.Write(writer, plan.Spec, () => writer.Block("public sealed unsafe partial class Trainer", () =>
        {
            WritePass(writer, plan, "ForwardOn", "One thread's share of a forward pass.", TrainingGraph.Forward, "for (int layer = 0; layer < Layers; layer++)", () =>
                writer.Block("for (int token = firstToken; token < endToken; token++)", () =>
                {
                    writer.Line("float* x = m.Input + (token * (nint)DimStride);");
                    writer.Line("Unsafe.CopyBlockUnaligned(x, _embedding + (_tokens[token] * (nint)Dim), Dim * sizeof(float));");
                    if (plan.Spec.Dim % ModelPlan.PanelRows != 0)
                        writer.Line("new Span<float>(x + Dim, PaddedDim - Dim).Clear();");
                }));
            writer.Line();
            WritePass(writer, plan, "BackwardOn", "One thread's share of a backward pass, from the gradient of what the classifier sees on.", TrainingGraph.Backward, "for (int layer = Layers - 1; layer >= 0; layer--)", () =>
                writer.Nested("for (int token = firstToken; token < endToken; token++)", "new Span<float>(m.InputGradient + (token * (nint)DimStride), PaddedDim).Clear();"));
            writer.Line();
            WriteLogits(writer);
            writer.Line();
            WriteHelpers(writer);
        }), usings: KvCacheEmitter.ContractsAlias);
        return writer.ToString();
    }

    private static void WritePass(SourceWriter writer, ModelPlan plan, string name, string summary, TrainingSchedule schedule, string loop, System.Action begin)
    {
        int barriers = schedule.Layer.Count(step => step.BarrierBefore);
        writer.Line($"/// <summary>{summary} {barriers} barriers a layer.</summary>");
        writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        writer.Block($"private void {name}(int rank)", () =>
        {
            writer.Line("Memory m = _memory;");
            writer.Line("ref Memory.Thread t = ref m.Threads[rank];");
            writer.Line("(int firstToken, int endToken) = LlamalithContracts.WorkerTeam.Share(_count, rank, _team.Size);");
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
                writer.Line("_team.Barrier();");
            TrainingSteps.Write(writer, plan, scheduled.Step);
        }
    }

    private static void WriteLogits(SourceWriter writer) => writer.Line("""
        /// <summary>One thread's share of the logits of some tokens: shown to a reader, or turned into gradients by a loss and taken back.</summary>
        private void LogitsOn(int rank)
        {
            Memory m = _memory;
            ref Memory.Thread t = ref m.Threads[rank];
            (int begin, int end) = LlamalithContracts.WorkerTeam.Share(_pickedCount, rank, _team.Size);
            float* hidden = m.Picked + (begin * (nint)DimStride);
            float* logits = m.Logits + (begin * (nint)VocabStride);
            for (int i = begin; i < end; i++)
                Unsafe.CopyBlockUnaligned(m.Picked + (i * (nint)DimStride), m.Final + (_picked[i] * (nint)DimStride), PaddedDim * sizeof(float));
            Kernels.MultiplyTransposedDim(hidden, _classifier, VocabSize, Dim, logits, VocabStride, end - begin, false, t.Block, m.Zeros);
            for (int i = begin; i < end; i++)
            {
                Span<float> row = new(m.Logits + (i * (nint)VocabStride), VocabSize);
                if (_phase == Phase.Loss)
                    _loss!.Differentiate(_picked[i], row);
                else
                    _reader!.Read(_picked[i], row);
            }

            if (_phase != Phase.Loss)
                return;
            float* gradient = m.PickedGradient + (begin * (nint)DimStride);
            Kernels.MultiplyVocab(logits, _classifier, Dim, VocabSize, gradient, DimStride, end - begin, false, t.Block, m.Zeros);
            for (int i = begin; i < end; i++)
                Kernels.AddRow(m.PickedGradient + (i * (nint)DimStride), m.NormedGradient + (_picked[i] * (nint)DimStride), Dim);
        }

        /// <summary>One thread's share of the classifier's gradient by some tokens.</summary>
        private void ClassifierWeightsOn(int rank)
        {
            Memory m = _memory;
            ref Memory.Thread t = ref m.Threads[rank];
            (int begin, int end) = LlamalithContracts.WorkerTeam.Share(VocabSize, rank, _team.Size);
            Kernels.MultiplyGradient(m.Logits, VocabStride, m.Picked, DimStride, _classifier + _toGradient, Dim, begin, end, _pickedCount, t.Block, t.Columns, t.Tile, m.Zeros);
        }
        """);

    private static void WriteHelpers(SourceWriter writer) => writer.Line("""
        // One thread's share of a norm's weights: columns, each summed over all tokens.
        private void NormWeights(float* x, float* weights, int rank, ref Memory.Thread t)
        {
            (int begin, int end) = LlamalithContracts.WorkerTeam.Share(PaddedDim / PanelRows, rank, _team.Size);
            for (int column = begin * PanelRows; column < Math.Min(Dim, end * PanelRows); column += PanelRows)
                Kernels.NormWeights(x, _memory.NormedGradient, _memory.Scales, weights + _toGradient, _count, column, Math.Min(PanelRows, Dim - column), t.Tile);
        }

        // One thread's share of a matrix's gradient: rows of it, each summed over all tokens.
        private void Weights(float* dy, int dyStride, float* x, int xStride, float* weights, int rows, int columns, int rank, ref Memory.Thread t)
        {
            (int begin, int end) = LlamalithContracts.WorkerTeam.Share(rows, rank, _team.Size);
            Kernels.MultiplyGradient(dy, dyStride, x, xStride, weights + _toGradient, columns, begin, end, _count, t.Block, t.Columns, t.Tile, _memory.Zeros);
        }

        // One thread's share of a bias's gradient.
        private void Bias(float* dy, float* bias, int count, int rank, ref Memory.Thread t)
        {
            (int begin, int end) = LlamalithContracts.WorkerTeam.Share((count + PanelRows - 1) / PanelRows, rank, _team.Size);
            for (int column = begin * PanelRows; column < Math.Min(count, end * PanelRows); column += PanelRows)
                Kernels.ColumnSums(dy, QkvStride, bias + _toGradient, _count, column, Math.Min(PanelRows, count - column), t.Tile);
        }
        """);
}
