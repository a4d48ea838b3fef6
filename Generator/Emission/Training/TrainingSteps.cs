using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>How each step of a training pass is written.</summary>
internal static class TrainingSteps
{
    public static void Write(SourceWriter writer, ModelPlan plan, TrainingStep step)
    {
        string matrix = step.Matrices.Length > 0 ? step.Matrices[0] : "";
        switch (step.Operation)
        {
            case TrainingOperation.Norm:
                Tokens($"Kernels.NormForward({Row(step, step.Reads[0])}, {Weights(matrix)}, {Row(step, step.Writes[0])}, m.Scales + token);");
                break;
            case TrainingOperation.NormBackward:
                Tokens($"Kernels.NormBackward({Row(step, step.Reads[0])}, {Weights(matrix)}, {Row(step, TrainingBuffer.NormedGradient)}, {Row(step, TrainingBuffer.InputGradient)}, m.Scales[token]);");
                break;
            case TrainingOperation.NormWeights:
                writer.Line($"NormWeights({All(step, step.Reads[0])}, {Weights(matrix)}, rank, ref t);");
                break;
            case TrainingOperation.Project:
                WriteProject(writer, step);
                break;
            case TrainingOperation.ProjectBackward:
                foreach (TrainedMatrix w in step.Matrices.Select(TrainingPlan.Matrix))
                    writer.Line($"Kernels.Multiply{Stride(step.Reads[0])}({Own(step, step.Reads[0], w.Output)}, w->{w.Name}, {w.Columns}, {w.Rows}, {Own(step, step.Writes[0], "")}, {Stride(step.Writes[0])}Stride, tokens, {(w.Name == matrix ? "false" : "true")}, t.Block, m.Zeros);");
                break;
            case TrainingOperation.ProjectWeights:
                foreach (TrainedMatrix w in step.Matrices.Select(TrainingPlan.Matrix))
                    writer.Line($"Weights({All(step, step.Reads[0], w.Output)}, {Stride(step.Reads[0])}Stride, {All(step, step.Reads[1])}, {Stride(step.Reads[1])}Stride, w->{w.Name}, {w.Rows}, {w.Columns}, rank, ref t);");
                if (matrix == "Query" && plan.Spec.QkvBias)
                {
                    foreach (TrainedMatrix w in step.Matrices.Select(TrainingPlan.Matrix))
                        writer.Line($"Bias({All(step, step.Reads[0], w.Output)}, w->{w.Name}Bias, {w.Rows}, rank, ref t);");
                }

                break;
            case TrainingOperation.Rotate:
                WriteRotate(writer, plan, Row(step, step.Reads[0]), "RotateKey", plan.Spec.QkvBias);
                break;
            case TrainingOperation.RotateBackward:
                WriteRotate(writer, plan, Row(step, step.Reads[0]), "RotateBack", bias: false);
                break;
            case TrainingOperation.Attend:
            case TrainingOperation.AttendBackward:
                writer.Line($"AttendAll(layer, {(step.Operation == TrainingOperation.Attend ? "false" : "true")}, ref t);");
                break;
            case TrainingOperation.SwiGlu:
                Tokens($"Kernels.SwiGlu({Row(step, TrainingBuffer.GateUp)}, {Row(step, TrainingBuffer.Hidden)});");
                break;
            case TrainingOperation.SwiGluBackward:
                Tokens($"Kernels.SwiGluBackward({Row(step, TrainingBuffer.GateUp)}, {Row(step, TrainingBuffer.HiddenGradient)}, {Row(step, TrainingBuffer.Hidden)});");
                break;
            default:
                writer.Line("// By columns, so that tokens that occur twice are added in order.");
                writer.Line("(int firstColumn, int endColumn) = LlamalithContracts.WorkerTeam.Share(PaddedDim / PanelRows, rank, _team.Size);");
                writer.Line("firstColumn *= PanelRows;");
                writer.Line("endColumn = Math.Min(Dim, endColumn * PanelRows);");
                writer.Nested("for (int token = 0; token < _count && firstColumn < endColumn; token++)", "Kernels.AddRow(m.InputGradient + (token * (nint)DimStride) + firstColumn, _embedding + _toGradient + (_tokens[token] * (nint)Dim) + firstColumn, endColumn - firstColumn);");
                break;
        }

        void Tokens(string statement) => writer.Nested("for (int token = firstToken; token < endToken; token++)", statement);
    }

    private static void WriteProject(SourceWriter writer, TrainingStep step)
    {
        bool residual = step.Reads.Count > 1;

        // A layer's output is the next one's input.
        string next = step.Writes[0] == TrainingBuffer.Input ? " + m.LayerRows" : "";
        string output = $"m.{step.Writes[0]} + ((rows{next} + firstToken) * {Stride(step.Writes[0])}Stride)";
        if (residual)
            writer.Line($"Unsafe.CopyBlockUnaligned({output}, {Own(step, step.Reads[1], "")}, (uint)tokens * DimStride * sizeof(float));");
        foreach (TrainedMatrix w in step.Matrices.Select(TrainingPlan.Matrix))
            writer.Line($"Kernels.MultiplyTransposed{Stride(step.Reads[0])}({Own(step, step.Reads[0], "")}, w->{w.Name}, {w.Rows}, {w.Columns}, {Code.At(output, w.Output)}, {Stride(step.Writes[0])}Stride, tokens, {(residual ? "true" : "false")}, t.Block, m.Zeros);");
    }

    private static void WriteRotate(SourceWriter writer, ModelPlan plan, string row, string kernel, bool bias) =>
        writer.Block("for (int token = firstToken; token < endToken; token++)", () =>
        {
            writer.Line($"float* qkv = {row};");
            writer.Line("float* cos = m.Cos + (_places[token] * (nint)HeadDim);");
            writer.Line("float* sin = m.Sin + (_places[token] * (nint)HeadDim);");
            if (bias)
            {
                writer.Line("Kernels.AddRow(w->QueryBias, qkv, QueryDim);");
                writer.Line("Kernels.AddRow(w->KeyBias, qkv + KeyOffset, KvDim);");
                writer.Line("Kernels.AddRow(w->ValueBias, qkv + ValueOffset, KvDim);");
            }

            writer.Nested("for (int head = 0; head < Heads; head++)", $"Kernels.{kernel}(qkv + (head * HeadDim), cos, sin, qkv + (head * HeadDim));");
            writer.Nested("for (int head = 0; head < KvHeads; head++)", $"Kernels.{kernel}(qkv + KeyOffset + (head * HeadDim), cos, sin, qkv + KeyOffset + (head * HeadDim));");
        });

    private static string Weights(string name) => name == "FinalNorm" ? "_finalNorm" : "w->" + name;

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
        TrainingBuffer.Input when step.Matrices.Contains("FinalNorm") => "(Layers * m.LayerRows)",
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
