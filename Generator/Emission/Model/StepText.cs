using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>How a step's weights, input and output are written.</summary>
internal static class StepText
{
    public static string Weights(string name) => name is "FinalNorm" or "Classifier" ? "_weights." + name : "w->" + name;

    public static string Input(Step step) => step.Reads[0] switch
    {
        Planning.Buffer.Normed => "t.Normed",
        Planning.Buffer.Attended => "t.Attended",
        Planning.Buffer other => "s." + other,
    };

    public static string Output(Step step, string matrix) => step.Writes[0] switch
    {
        Planning.Buffer.Qkv => $"s.Qkv + {matrix}Offset",
        Planning.Buffer.Logits => "(float*)Unsafe.AsPointer(ref s.Logits[0])",
        Planning.Buffer other => "s." + other,
    };

    public static string Stride(Step step) => step.Writes[0] switch
    {
        Planning.Buffer.Qkv => "QkvStride",
        Planning.Buffer.Hidden => "FfnDimStride",
        Planning.Buffer.LogitRows => "LogitStride",
        _ => "DimStride",
    };
}
