using System;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>The steps of many tokens at once: rows of shared buffers.</summary>
/// <param name="product">The kernels that multiply them.</param>
internal sealed class PrefillSteps(string product = "MatMul") : IStepWriter
{
    public const string EachToken = "for (int token = firstToken; token < endToken; token++)";

    private readonly DecodeSteps _lastToken = new();

    public void WriteItems(SourceWriter writer, ModelPlan plan) => WriteItems(writer);

    /// <summary>A thread's share of the tokens.</summary>
    public static void WriteItems(SourceWriter writer)
    {
        writer.Line("int tokens = PassTokens;");
        writer.Line("(int firstToken, int endToken) = Contracts.WorkerTeam.Share(tokens, rank, _panels.Length);");
    }

    public void Write(SourceWriter writer, ModelPlan plan, Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Norm when step.Split == Split.Replicated:
                writer.Line($"Kernels.RmsNorm(s.X + ((tokens - 1) * (long)DimStride), {StepText.Weights(step.Matrices[0])}, t.Normed);");
                break;
            case StepKind.Quantize when step.Split == Split.Replicated:
            case StepKind.Project when step.Writes[0] == PassBuffer.Logits:
                _lastToken.Write(writer, plan, step);
                break;
            case StepKind.Norm:
                string token = step.Matrices[0] == ModelPlan.FinalNorm ? "Picked[token]" : "token";
                writer.Nested(
                    EachToken,
                    $"Kernels.RmsNorm(s.X + ({token} * (long)DimStride), {StepText.Weights(step.Matrices[0])}, "
                        + "s.Normed + (token * (long)DimStride));");
                break;
            case StepKind.AddNorm:
                writer.Nested(
                    EachToken,
                    $"Kernels.AddNorm(s.Projected + (token * (long)DimStride), {StepText.Weights(step.Matrices[0])}, "
                        + "s.X + (token * (long)DimStride));");
                break;
            case StepKind.Project:
                foreach (string matrix in step.Matrices)
                    writer.Line(StepText.Tokens(product, plan, step, matrix, "panels." + matrix));
                break;
            case StepKind.Quantize:
                string columns = plan.Matrix(step.Matrices[0]).Kernel.Columns;
                writer.Nested(
                    EachToken,
                    $"Kernels.Quantize{columns}({StepText.SharedInput(step)} + (token * (long){columns}Stride), "
                        + $"(byte*)s.Records + (token * (long){columns}RecordBytes));");
                break;
            case StepKind.Rotate:
                writer.Block(EachToken, () =>
                {
                    if (plan.NormsProjections)
                    {
                        writer.Line("float* qkv = s.Qkv + (token * (long)QkvStride);");
                        StepText.WriteNormQk(writer, "qkv", "qkv");
                    }

                    writer.Nested(
                        "for (int kvHead = 0; kvHead < KvHeads; kvHead++)",
                        "StoreKeyAndValue(w, layer, kvHead, token, s.Qkv + (token * (long)QkvStride));");
                });
                break;
            case StepKind.Attend:
                // Some tiles at once, of each head in turn: neighbours cost alike, so dealing them out in turn is even.
                writer.Line("int tiles = (tokens + PrefillTokenTile - 1) / PrefillTokenTile;");
                writer.Line("int atOnce = Math.Clamp(tiles * KvHeads / (4 * _panels.Length), 1, PrefillTiles);");
                writer.Block("for (int item = rank; item < (tiles + atOnce - 1) / atOnce * KvHeads; item += _panels.Length)", () =>
                {
                    writer.Line("int tile = item / KvHeads * atOnce;");
                    writer.Line("AttendTokens(w, layer, item % KvHeads, tile * PrefillTokenTile, Math.Min(atOnce, tiles - tile), ref t);");
                });
                break;
            default:
                throw new InvalidOperationException($"Many tokens know no step {step.Kind}.");
        }
    }
}
