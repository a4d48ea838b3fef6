using System;
using System.Linq;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>How a step's weights, input and output are written.</summary>
internal static class StepText
{
    public static string Weights(string name) => name is ModelPlan.FinalNorm or ModelPlan.Classifier ? "_weights." + name : "w->" + name;

    /// <summary>The residual stream of a decoded token.</summary>
    public static string Residual(ModelPlan plan) => plan.OwnsResidual ? "t.X" : "s.X";

    /// <summary>Writes the norms of all queries and of all keys of a row, and what follows them.</summary>
    public static void WriteNormQk(Text.SourceWriter writer, string from, string to)
    {
        writer.Line($"Kernels.QueryNorm({from} + QueryOffset, w->QueryNorm, {to} + QueryOffset);");
        writer.Line($"Kernels.KeyNorm({from} + KeyOffset, w->KeyNorm, {to} + KeyOffset);");
        if (from != to)
            writer.Line($"new FloatSpan({from} + ValueOffset, KvDim).CopyTo(new FloatSpan({to} + ValueOffset, KvDim));");
    }

    /// <summary>A step's input in the pass of one token: what each thread has computed for itself, it has to itself.</summary>
    public static string OwnInput(Step step) =>
        step.Reads[0] is PassBuffer.Normed or PassBuffer.Attended or PassBuffer.X ? "t." + step.Reads[0] : SharedInput(step);

    /// <summary>A step's input in the pass of many tokens.</summary>
    public static string SharedInput(Step step) => "s." + step.Reads[0];

    /// <summary>A matrix of a step times one token's input.</summary>
    public static string MatVec(ModelPlan plan, Step step, string matrix, string panels)
    {
        string record = step.Reads.Contains(PassBuffer.Record) ? ", (byte*)t.Record" : "";
        return $"Products.MatVec{plan.Matrix(matrix).Kernel.Name}(in {Weights(matrix)}, {OwnInput(step)}{record}, "
            + $"{Output(step, matrix)}, {panels});";
    }

    /// <summary>A matrix of a step times the rows of many tokens.</summary>
    public static string MatMul(ModelPlan plan, Step step, string matrix, string panels) =>
        Tokens("MatMul", plan, step, matrix, panels);

    /// <summary>A matrix of a step times the rows of many tokens, or of a few: MatMul or MatRows.</summary>
    public static string Tokens(string product, ModelPlan plan, Step step, string matrix, string panels)
    {
        string records = step.Reads.Contains(PassBuffer.Record) ? ", (byte*)s.Records" : "";
        return $"Products.{product}{plan.Matrix(matrix).Kernel.Name}(in {Weights(matrix)}, {SharedInput(step)}{records}, "
            + $"{Output(step, matrix)}, {Stride(step)}, in t, tokens, {panels});";
    }

    public static string Output(Step step, string matrix) => step.Writes[0] switch
    {
        PassBuffer.Qkv => $"s.Qkv + {matrix}Offset",
        PassBuffer.Logits => "(float*)Unsafe.AsPointer(ref s.Logits[0])",
        PassBuffer.X or PassBuffer.Projected or PassBuffer.Hidden or PassBuffer.LogitRows => "s." + step.Writes[0],
        PassBuffer other => throw new InvalidOperationException($"No product writes {other}."),
    };

    public static string Stride(Step step) => step.Writes[0] switch
    {
        PassBuffer.Qkv => "QkvStride",
        PassBuffer.Hidden => "FfnDimStride",
        PassBuffer.LogitRows => "LogitStride",
        PassBuffer.X or PassBuffer.Projected => "DimStride",
        PassBuffer other => throw new InvalidOperationException($"No product of many tokens writes {other}."),
    };
}
