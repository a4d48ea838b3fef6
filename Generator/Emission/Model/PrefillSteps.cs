using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>The steps of many tokens at once: rows of shared buffers.</summary>
internal sealed class PrefillSteps : IStepWriter
{
    private readonly DecodeSteps _lastToken = new();

    public void WriteShare(SourceWriter writer, ModelPlan plan) =>
        writer.Line("(int firstToken, int endToken) = LlamalithContracts.WorkerTeam.Share(_tokens, rank, _shares.Length);");

    public void Write(SourceWriter writer, ModelPlan plan, ScheduledStep scheduled)
    {
        Step step = scheduled.Step;
        switch (step.Kind)
        {
            case StepKind.Norm when step.Split == Split.Replicated:
                writer.Line($"Kernels.RmsNorm(s.X + ((_tokens - 1) * (long)DimStride), {StepText.Weights(step.Matrices[0])}, t.Normed);");
                break;
            case StepKind.Project when step.Writes[0] == Planning.Buffer.Logits:
                _lastToken.Write(writer, plan, scheduled);
                break;
            case StepKind.Norm when step.Matrices[0] == "FinalNorm":
                writer.Nested("for (int token = firstToken; token < endToken; token++)", $"Kernels.RmsNorm(s.X + (_picked[token] * (long)DimStride), {StepText.Weights(step.Matrices[0])}, s.Normed + (token * (long)DimStride));");
                break;
            case StepKind.Norm:
                writer.Nested("for (int token = firstToken; token < endToken; token++)", $"Kernels.RmsNorm(s.X + (token * (long)DimStride), {StepText.Weights(step.Matrices[0])}, s.Normed + (token * (long)DimStride));");
                break;
            case StepKind.Project:
                foreach (string matrix in step.Matrices)
                    writer.Line($"Products.MatMul{plan.Matrix(matrix).Kernel.Name}(in {StepText.Weights(matrix)}, {StepText.Input(step).Replace("t.", "s.")}{(step.Reads.Contains(Planning.Buffer.Record) ? ", (byte*)s.Records" : "")}, {StepText.Output(step, matrix)}, {StepText.Stride(step)}, in t, _tokens, share.{matrix}Begin, share.{matrix}End);");
                break;
            case StepKind.Quantize when step.Split == Split.Replicated:
                _lastToken.Write(writer, plan, scheduled);
                break;
            case StepKind.Quantize:
                string columns = plan.Matrix(step.Matrices[0]).Kernel.Columns;
                writer.Nested("for (int token = firstToken; token < endToken; token++)", $"Kernels.Quantize{columns}({StepText.Input(step).Replace("t.", "s.")} + (token * (long){columns}Stride), (byte*)s.Records + (token * (long){columns}RecordBytes));");
                break;
            case StepKind.Rotate:
                writer.Block("for (int token = firstToken; token < endToken; token++)", () =>
                    writer.Nested("for (int kvHead = 0; kvHead < KvHeads; kvHead++)", "StoreKeyAndValue(w, layer, kvHead, _position + token, s.Qkv + (token * (long)QkvStride));"));
                break;
            default:
                // Some tiles at once, of each head in turn: neighbours cost alike, so dealing them out in turn is even.
                writer.Line("int tiles = (_tokens + PrefillTokenTile - 1) / PrefillTokenTile;");
                writer.Line("int atOnce = Math.Clamp(tiles * KvHeads / (4 * _shares.Length), 1, PrefillTiles);");
                writer.Block("for (int item = rank; item < (tiles + atOnce - 1) / atOnce * KvHeads; item += _shares.Length)", () =>
                {
                    writer.Line("int tile = item / KvHeads * atOnce;");
                    writer.Line("AttendTokens(w, layer, item % KvHeads, tile * PrefillTokenTile, Math.Min(atOnce, tiles - tile), ref t);");
                });
                break;
        }
    }
}
