using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>How each step of a training pass is written.</summary>
internal static class TrainingSteps
{
    private const string EachToken = "for (int token = firstToken; token < endToken; token++)";

    public static void Write(SourceWriter writer, ModelPlan plan, TrainingStep step)
    {
        List<TrainedMatrix> matrices = TrainingPlan.Matrices(step).ToList();
        switch (step.Operation)
        {
            case TrainingOperation.Norm:
                Tokens($"Kernels.NormForward({Row(step, step.Reads[0])}, {Weights(step)}, {Row(step, step.Writes[0])}, m.Scales + token);");
                break;
            case TrainingOperation.NormBackward:
                Tokens($"Kernels.NormBackward({Row(step, step.Reads[0])}, {Weights(step)}, {Row(step, TrainingBuffer.NormedGradient)}, "
                    + $"{Row(step, TrainingBuffer.InputGradient)}, m.Scales[token]);");
                break;
            case TrainingOperation.NormWeights:
                writer.Line($"NormWeights({All(step, step.Reads[0])}, {Weights(step)}, rank, ref t);");
                break;
            case TrainingOperation.Project:
                WriteProject(writer, plan, step, matrices);
                break;
            case TrainingOperation.ProjectBackward:
                foreach (TrainedMatrix w in matrices)
                {
                    writer.Line($"Kernels.Multiply{Kernel(plan, step)}({Own(step, step.Reads[0], w.Output)}, "
                        + $"w->{w.Name}, {w.Columns}, {w.Rows}, "
                        + $"{Own(step, step.Writes[0], "")}, {Stride(step.Writes[0])}Stride, tokens, "
                        + $"{Code.Bool(w != matrices[0])}, t.Block, m.Zeros);");
                }

                break;
            case TrainingOperation.ProjectWeights:
                WriteProjectWeights(writer, plan, step, matrices);
                break;
            case TrainingOperation.Rotate:
                WriteHeads(writer, plan, Row(step, step.Reads[0]));
                break;
            case TrainingOperation.RotateBackward:
                WriteHeadsBackward(writer, plan, Row(step, step.Reads[0]));
                break;
            case TrainingOperation.Attend:
            case TrainingOperation.AttendBackward:
                writer.Line($"AttendAll(layer, {Code.Bool(step.Operation == TrainingOperation.AttendBackward)}, ref t);");
                break;
            case TrainingOperation.SwiGlu:
                Tokens($"Kernels.SwiGlu({Row(step, TrainingBuffer.GateUp)}, {Row(step, TrainingBuffer.Hidden)});");
                break;
            case TrainingOperation.SwiGluBackward:
                Tokens($"Kernels.SwiGluBackward({Row(step, TrainingBuffer.GateUp)}, {Row(step, TrainingBuffer.HiddenGradient)}, "
                    + $"{Row(step, TrainingBuffer.Hidden)});");
                break;
            case TrainingOperation.Embedding:
                WriteEmbedding(writer);
                break;
            default:
                throw new InvalidOperationException($"Training knows no step {step.Operation}.");
        }

        void Tokens(string statement) => writer.Nested(EachToken, statement);
    }

    private static void WriteProject(SourceWriter writer, ModelPlan plan, TrainingStep step, List<TrainedMatrix> matrices)
    {
        bool residual = step.Reads.Count > 1;

        // A layer's output is the next one's input.
        string next = step.Writes[0] == TrainingBuffer.Input ? " + m.LayerRows" : "";
        string output = $"m.{step.Writes[0]} + ((rows{next} + firstToken) * {Stride(step.Writes[0])}Stride)";
        if (residual)
            writer.Line($"Unsafe.CopyBlockUnaligned({output}, {Own(step, step.Reads[1], "")}, (uint)tokens * DimStride * sizeof(float));");
        foreach (TrainedMatrix w in matrices)
        {
            writer.Line($"Kernels.MultiplyTransposed{Kernel(plan, step)}({Own(step, step.Reads[0], "")}, "
                + $"w->{w.Name}, {w.Rows}, {w.Columns}, "
                + $"{Code.At(output, w.Output)}, {Stride(step.Writes[0])}Stride, tokens, {Code.Bool(residual)}, t.Block, m.Zeros);");
        }
    }

    private static void WriteProjectWeights(SourceWriter writer, ModelPlan plan, TrainingStep step, List<TrainedMatrix> matrices)
    {
        foreach (TrainedMatrix w in matrices)
        {
            writer.Line($"Weights({All(step, step.Reads[0], w.Output)}, {Stride(step.Reads[0])}Stride, {All(step, step.Reads[1])}, "
                + $"{Stride(step.Reads[1])}Stride, w->{w.Name}, {w.Rows}, {w.Columns}, rank, ref t);");
        }

        foreach (HeadPlan head in Heads(plan))
        {
            foreach (TrainedMatrix w in matrices.Where(w => w.Name == head.Projection.Name))
            {
                foreach (HeadStep bias in head.Steps.Where(static item => item.Operation == HeadOperation.AddBias))
                    writer.Line($"Bias({All(step, step.Reads[0], w.Output)}, w->{bias.Tensor!.Name}, {w.Rows}, rank, ref t);");
            }
        }
    }

    // By columns, so that tokens that occur twice are added in order.
    private static void WriteEmbedding(SourceWriter writer)
    {
        writer.Line("(int firstColumn, int endColumn) = Contracts.WorkerTeam.Share(PaddedDim / PanelRows, rank, Team.Size);");
        writer.Line("firstColumn *= PanelRows;");
        writer.Line("endColumn = Math.Min(Dim, endColumn * PanelRows);");
        writer.Nested(
            "for (int token = 0; token < Count && firstColumn < endColumn; token++)",
            "Kernels.AddRow(m.InputGradient + (token * (nint)DimStride) + firstColumn, "
                + "_embedding + _toGradient + (Tokens[token] * (nint)Dim) + firstColumn, endColumn - firstColumn);");
    }

    private static void WriteHeads(SourceWriter writer, ModelPlan plan, string row) => writer.Block(EachToken, () =>
    {
        WriteToken(writer, row);
        foreach (HeadPlan head in Heads(plan))
        {
            foreach (HeadStep step in head.Steps)
            {
                switch (step.Operation)
                {
                    case HeadOperation.AddBias:
                        writer.Line($"Kernels.AddRow(w->{step.Tensor!.Name}, {At(head)}, {head.Projection.Rows});");
                        break;
                    case HeadOperation.Rotate:
                        WriteRotate(writer, head, "RotateKey");
                        break;
                    default:
                        throw new InvalidOperationException($"Training knows no {step.Operation} of a head.");
                }
            }
        }
    });

    private static void WriteHeadsBackward(SourceWriter writer, ModelPlan plan, string row) => writer.Block(EachToken, () =>
    {
        WriteToken(writer, row);
        foreach (HeadPlan head in Heads(plan))
        {
            foreach (HeadStep step in head.Steps.Reverse())
            {
                switch (step.Operation)
                {
                    // Its input's gradient is its output's; its own is summed over tokens.
                    case HeadOperation.AddBias:
                        break;
                    case HeadOperation.Rotate:
                        WriteRotate(writer, head, "RotateBack");
                        break;
                    default:
                        throw new InvalidOperationException($"Training knows no {step.Operation} of a head.");
                }
            }
        }
    });

    private static void WriteToken(SourceWriter writer, string row)
    {
        writer.Line($"float* qkv = {row};");
        writer.Line("float* cos = m.Cos + (Places[token] * (nint)HeadDim);");
        writer.Line("float* sin = m.Sin + (Places[token] * (nint)HeadDim);");
    }

    private static void WriteRotate(SourceWriter writer, HeadPlan plan, string kernel)
    {
        string heads = plan.Projection.Rows == Width.QueryDim ? "Heads" : "KvHeads";
        string head = $"{At(plan)} + (head * HeadDim)";
        writer.Nested($"for (int head = 0; head < {heads}; head++)", $"Kernels.{kernel}({head}, cos, sin, {head});");
    }

    private static HeadPlan[] Heads(ModelPlan plan) => [plan.Queries, plan.Keys, plan.Values];

    private static string At(HeadPlan head) => head.Projection == LayerTensors.Query ? "qkv" : $"qkv + {head.Projection.Name}Offset";

    private static string Weights(TrainingStep step) => step.Tensors.Length == 0 ? "_finalNorm" : "w->" + step.Tensors[0].Name;

    // Kernels are named for the stride of the rows that they read.
    private static string Kernel(ModelPlan plan, TrainingStep step) => plan.Training!.InputStride(Stride(step.Reads[0]));

    private static string Stride(TrainingBuffer buffer) => buffer switch
    {
        TrainingBuffer.Qkv or TrainingBuffer.QkvGradient => "Qkv",
        TrainingBuffer.Attended or TrainingBuffer.AttendedGradient => "QueryDim",
        TrainingBuffer.GateUp => "GateUp",
        TrainingBuffer.Hidden or TrainingBuffer.HiddenGradient => "FfnDim",
        _ => "Dim",
    };

    // The row of a layer's activations where its first token lies; the final norm reads what the last layer wrote.
    private static string LayerRow(TrainingStep step, TrainingBuffer buffer) => buffer switch
    {
        TrainingBuffer.Input when step.Tensors.Length == 0 => "(Layers * m.LayerRows)",
        TrainingBuffer.Input or TrainingBuffer.Middle or TrainingBuffer.Qkv or TrainingBuffer.Attended or TrainingBuffer.GateUp => "rows",
        _ => "",
    };

    private static string Row(TrainingStep step, TrainingBuffer buffer) => At(step, buffer, "token", "");

    private static string Own(TrainingStep step, TrainingBuffer buffer, string offset) => At(step, buffer, "firstToken", offset);

    private static string All(TrainingStep step, TrainingBuffer buffer, string offset = "")
    {
        string row = LayerRow(step, buffer);
        return Code.At(row.Length == 0 ? $"m.{buffer}" : $"m.{buffer} + ({row} * {Stride(buffer)}Stride)", offset);
    }

    private static string At(TrainingStep step, TrainingBuffer buffer, string token, string offset)
    {
        string row = LayerRow(step, buffer);
        string place = row.Length == 0 ? $"({token} * (nint){Stride(buffer)}Stride)" : $"(({row} + {token}) * {Stride(buffer)}Stride)";
        return Code.At($"m.{buffer} + {place}", offset);
    }
}
