using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>RMSNorm, the rotary embedding, and the functions that other kernels apply to each element.</summary>
internal static class Pointwise
{
    // 2^f for f in [-1/2, 1/2], a Chebyshev interpolation of degree 6: relative error 2.6e-9, below a float's rounding.
    private static readonly double[] Exp2Coefficients =
    [
        1.0, 0.6931472067028321, 0.24022650922288827, 0.05550327226670944,
        0.00961805667852609, 0.0013400428177419153, 0.0001546144469646172,
    ];

    // -2 · sqrt(2 / pi) / ln(2): what a sigmoid's argument is in units of log2.
    private const double GeluSlope = -2.302208198;

    // erfc(x) = (a1 t + ... + a5 t^5) exp(-x²), t = 1 / (1 + p x), for x >= 0: below 1.5e-7 off (Abramowitz and Stegun, 7.1.26).
    private const double ErfcSlope = 0.3275911;
    private static readonly double[] ErfcCoefficients = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];

    /// <summary>The element functions. They are small and inlined; nothing dispatches to them.</summary>
    public static void WriteFunctions(KernelClass kernels, FunctionsPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;

        writer.Line("/// <summary>2^x, for x clamped to [-126, 126]: an integer power times a polynomial of the rest.</summary>");
        writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
        writer.Method($"private static {vec} Exp2({vec} x)", () =>
        {
            writer.Line($"x = {isa.Min(isa.Max("x", isa.Broadcast("-126f")), isa.Broadcast("126f"))};");
            writer.Line($"{vec} n = {isa.Round("x")};");
            writer.Line($"{vec} f = x - n;");
            writer.Line($"{vec} p = {isa.Broadcast(Code.Float(Exp2Coefficients.Last()))};");
            foreach (double coefficient in Enumerable.Reverse(Exp2Coefficients).Skip(1))
                writer.Line($"p = {isa.Fma("p", "f", isa.Broadcast(Code.Float(coefficient)))};");
            writer.Line($"return {isa.ScaleByPowerOfTwo("p", "n")};");
        });

        writer.Line();
        WriteActivation(writer, isa, plan.Activation);

        if (plan.Caps)
            WriteTanh(writer, isa);
        if (plan.Reduces)
            WriteReductions(writer, isa);
        WriteHelpers(writer, isa.FloatHelpers);
        if (plan.Integers)
            WriteHelpers(writer, isa.IntegerHelpers);
        writer.Line();
    }

    // Where x is small, what is lost is a rounding of 1: nothing beside the cap that it is multiplied by.
    private static void WriteTanh(SourceWriter writer, Dialect isa)
    {
        string vec = isa.VectorType, one = isa.Broadcast("1f");
        writer.Line();
        writer.Line("/// <summary>The hyperbolic tangent: 1 - 2 / (1 + e^2x).</summary>");
        writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
        writer.Line($"private static {vec} Tanh({vec} x) => "
            + $"{one} - ({isa.Broadcast("2f")} / ({one} + Exp2(x * {isa.Broadcast("2.885390f")})));");
    }

    private static void WriteActivation(SourceWriter writer, Dialect isa, Spec.Activation activation)
    {
        const string Inlined = "[@MethodImpl(MethodImplOptions.AggressiveInlining)]";
        string vec = isa.VectorType, one = isa.Broadcast("1f");
        switch (activation)
        {
            case Spec.Activation.Silu:
                writer.Line("/// <summary>x · sigmoid(x).</summary>");
                writer.Line(Inlined);
                writer.Line($"private static {vec} Silu({vec} x) => x / ({one} + Exp2(x * {isa.Broadcast("-1.442695f")}));");
                break;
            case Spec.Activation.GeluTanh:
                // (1 + tanh(u)) / 2 is sigmoid(2u).
                writer.Line("/// <summary>x · (1 + tanh(sqrt(2 / pi) · (x + 0.044715 · x³))) / 2.</summary>");
                writer.Line(Inlined);
                writer.Method($"private static {vec} Gelu({vec} x)", () =>
                {
                    string cubic = isa.Fma("x * x", isa.Broadcast(Code.Float(GeluSlope * 0.044715)), isa.Broadcast(Code.Float(GeluSlope)));
                    writer.Line($"return x / ({one} + Exp2(x * {cubic}));");
                });
                break;
            case Spec.Activation.Gelu:
                writer.Line("/// <summary>x · (1 + erf(x / sqrt(2))) / 2.</summary>");
                writer.Line(Inlined);
                writer.Method($"private static {vec} Gelu({vec} x)", () =>
                {
                    writer.Line($"{vec} size = {isa.Abs("x")};");
                    writer.Line($"{vec} t = {one} / {isa.Fma("size", isa.Broadcast(Code.Float(ErfcSlope / Math.Sqrt(2))), one)};");
                    writer.Line($"{vec} p = {isa.Broadcast(Code.Float(ErfcCoefficients.Last()))};");
                    foreach (double coefficient in Enumerable.Reverse(ErfcCoefficients).Skip(1))
                        writer.Line($"p = {isa.Fma("p", "t", isa.Broadcast(Code.Float(coefficient)))};");
                    writer.Line($"{vec} tail = p * t * Exp2(x * x * {isa.Broadcast(Code.Float(-0.5 / Math.Log(2)))});");
                    writer.Line($"return ({isa.Max("x", isa.Zero)}) - (size * tail * {isa.Broadcast("0.5f")});");
                });
                break;
            default:
                throw new InvalidOperationException($"No kernel knows {activation}.");
        }
    }

    private static void WriteHelpers(SourceWriter writer, string helpers)
    {
        if (helpers.Length == 0)
            return;
        writer.Line();
        writer.Line(helpers);
    }

    private static void WriteReductions(SourceWriter writer, Dialect isa)
    {
        string vec = isa.VectorType;
        writer.Line();
        writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
        writer.Method($"private static float LargestLane({vec} v)", () => writer.Line(isa.LargestLane));
        writer.Line();
        writer.Line("/// <summary>The upper half of the lanes is added to the lower until one is left: one order for any width.</summary>");
        if (isa.Lanes > 1)
        {
            writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
            writer.Method($"private static float SumLanes({vec} v)", () => writer.Line(isa.HalvedSum));
            return;
        }

        writer.Method("private static float SumLanes(float* lanes)", () =>
        {
            writer.Block($"for (int half = {SumOrder.Lanes / 2}; half > 0; half /= 2)", () =>
                writer.Nested("for (int i = 0; i < half; i++)", "lanes[i] += lanes[half + i];"));
            writer.Line("return lanes[0];");
        });
    }

    public static void WriteRmsNorm(KernelClass kernels, RmsNormPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            "RmsNorm",
            "y = x / sqrt(mean(x²) + NormEps) ⊙ w",
            $"x, w, y [{kernels.Plan.Spec.Dim}], padded with zeros to a multiple of {ModelPlan.PanelRows}",
            [("float*", "x"), ("float*", "w"), ("float*", "y")],
            () =>
            {
                if (plan.Vectors == 0)
                {
                    WriteSquares(writer, isa, "PaddedDim");
                    writer.Line("float sum = SumLanes(lanes);");
                }
                else
                {
                    WriteSquares(writer, isa, plan.Vectors, "PaddedDim");
                }

                writer.Line($"{vec} scale = {isa.Broadcast("1f / MathF.Sqrt((sum / Dim) + NormEps)")};");
                Loops.ForVectors(writer, isa, "0", "PaddedDim", () =>
                    writer.Line(isa.Store("y + i", $"{isa.Load("x + i")} * scale * {isa.Load("w + i")}")));
            });
    }

    // The padding of x and w is zero, so whole vectors need no tail.
    private static void WriteSquares(SourceWriter writer, Dialect isa, int vectors, string elements)
    {
        List<string> sums = Enumerable.Range(0, vectors).Select(v => $"s{v}").ToList();
        writer.Line($"{isa.VectorType} {sums.Select(sum => $"{sum} = {isa.Zero}").Join(", ")};");
        Loops.ForLanes(writer, isa, "0", elements, v =>
        {
            writer.Line($"{isa.VectorType} v{v} = {isa.Load(Code.At("x + i", v * isa.Lanes))};");
            writer.Line($"s{v} = {isa.Fma($"v{v}", $"v{v}", $"s{v}")};");
        });
        writer.Line($"float sum = SumLanes({Loops.Halves(sums, (a, b) => $"({a} + {b})")});");
    }

    private static void WriteSquares(SourceWriter writer, Dialect isa, string elements)
    {
        writer.Line($"float* lanes = stackalloc float[{SumOrder.Lanes}];");
        writer.Line($"new FloatSpan(lanes, {SumOrder.Lanes}).Clear();");
        writer.Nested(
            $"for (int i = 0; i < {elements}; i++)",
            $"lanes[i % {SumOrder.Lanes}] = {isa.Fma("x[i]", "x[i]", $"lanes[i % {SumOrder.Lanes}]")};");
    }

    /// <summary>
    /// Rotates one head: a query takes the softmax scale along for nothing. Back is what the derivative of a rotation does.
    /// </summary>
    public static void WriteRotate(KernelClass kernels, RotatePlan plan)
    {
        bool interleaved = kernels.Plan.Spec.RopeLayout == Spec.RopeLayout.Interleaved;
        bool back = plan.IsBack;
        string scale = plan.IsQuery ? QueryScale(kernels) : "";
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        string halves = interleaved ? "x, y [HeadDim] in neighbouring pairs" : "x, y [HeadDim], element i paired with i + HeadDim / 2";
        kernels.Kernel(
            plan.Name,
            $"y = x ⊙ cos {(back ? "-" : "+")} partner(x) ⊙ ±sin" + (scale.Length == 0 ? ""
                : kernels.Plan.Spec.AttentionScale > 0 ? ", times log2(e) and attention's scale" : ", times log2(e) / sqrt(HeadDim)"),
            halves + " · cos, sin [HeadDim], sin signed for each element",
            [("float*", "x"), ("float*", "cos"), ("float*", "sin"), ("float*", "y")],
            () =>
            {
                if (scale.Length > 0)
                    writer.Line($"{vec} scale = {isa.Broadcast(scale)};");
                if (!interleaved)
                {
                    const string Partner = " + (HeadDim / 2)";
                    Loops.ForVectors(writer, isa, "0", "HeadDim / 2", () =>
                    {
                        writer.Line($"{vec} a = {isa.Load("x + i")};");
                        writer.Line($"{vec} b = {isa.Load("x + i" + Partner)};");
                        string first = Turned("b", isa.Load("sin + i"), "a", isa.Load("cos + i"));
                        string second = Turned("a", isa.Load("sin + i" + Partner), "b", isa.Load("cos + i" + Partner));
                        writer.Line(isa.Store("y + i", first));
                        writer.Line(isa.Store("y + i" + Partner, second));
                    });
                }
                else if (isa.Lanes == 1)
                {
                    writer.Block("for (int i = 0; i < HeadDim; i += 2)", () =>
                    {
                        writer.Line("float a = x[i];");
                        writer.Line("float b = x[i + 1];");
                        writer.Line($"y[i] = {Turned("b", "sin[i]", "a", "cos[i]")};");
                        writer.Line($"y[i + 1] = {Turned("a", "sin[i + 1]", "b", "cos[i + 1]")};");
                    });
                }
                else
                {
                    Loops.ForVectors(writer, isa, "0", "HeadDim", () =>
                    {
                        writer.Line($"{vec} a = {isa.Load("x + i")};");
                        writer.Line(isa.Store("y + i", Turned(isa.SwapPairs("a"), isa.Load("sin + i"), "a", isa.Load("cos + i"))));
                    });
                }
            });

        string Turned(string partner, string sin, string own, string cos)
        {
            string turned = back ? $"({own} * {cos}) - ({partner} * {sin})" : isa.Fma(partner, sin, $"({own} * {cos})");
            return scale.Length == 0 ? turned : turned + " * scale";
        }
    }

    /// <summary>RMSNorm of what a layer's half gives, added to the residual stream.</summary>
    public static void WriteAddNorm(KernelClass kernels, AddNormPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        bool isScaled = kernels.Plan.Spec.ResidualScale != 1;
        kernels.Kernel(
            "AddNorm",
            $"y += {(isScaled ? "ResidualScale · " : "")}x / sqrt(mean(x²) + NormEps) ⊙ w",
            $"x, w, y [{kernels.Plan.Spec.Dim}], padded with zeros to a multiple of {ModelPlan.PanelRows}",
            [("float*", "x"), ("float*", "w"), ("float*", "y")],
            () =>
            {
                WriteSum(writer, isa, plan.Vectors, "PaddedDim");
                string scale = "1f / MathF.Sqrt((sum / Dim) + NormEps)";
                writer.Line($"{isa.VectorType} scale = {isa.Broadcast(isScaled ? $"ResidualScale * ({scale})" : scale)};");
                Loops.ForVectors(writer, isa, "0", "PaddedDim", () => writer.Line(
                    isa.Store("y + i", $"{isa.Load("y + i")} + ({isa.Load("x + i")} * scale * {isa.Load("w + i")})")));
            });
    }

    /// <summary>RMSNorm of one head, or of all at once.</summary>
    public static void WriteHeadNorm(KernelClass kernels, HeadNormPlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            plan.Name,
            "y = x / sqrt(mean(x²) + NormEps) ⊙ w",
            $"x, w, y [{plan.Length}]",
            [("float*", "x"), ("float*", "w"), ("float*", "y")],
            () =>
            {
                WriteSum(writer, isa, plan.Vectors, plan.Length);
                writer.Line($"{isa.VectorType} scale = {isa.Broadcast($"1f / MathF.Sqrt((sum / {plan.Length}) + NormEps)")};");
                Loops.ForVectors(writer, isa, "0", plan.Length, () =>
                    writer.Line(isa.Store("y + i", $"{isa.Load("x + i")} * scale * {isa.Load("w + i")}")));
            });
    }

    // The sum of squares. Kernels in numbers may lie among those of vectors, so that they halve lanes by themselves.
    private static void WriteSum(SourceWriter writer, Dialect isa, int vectors, string elements)
    {
        if (vectors > 0)
        {
            WriteSquares(writer, isa, vectors, elements);
            return;
        }

        WriteSquares(writer, isa, elements);
        writer.Block($"for (int half = {SumOrder.Lanes / 2}; half > 0; half /= 2)", () =>
            writer.Nested("for (int i = 0; i < half; i++)", "lanes[i] += lanes[half + i];"));
        writer.Line("float sum = lanes[0];");
    }

    private static string QueryScale(KernelClass kernels)
    {
        const double Log2E = 1.4426950408889634;
        Spec.ModelSpec spec = kernels.Plan.Spec;
        double scale = spec.AttentionScale > 0 ? Log2E * spec.AttentionScale : Log2E / Math.Sqrt(spec.HeadDim);
        return Code.Float(scale) + (kernels.CacheScale.Length == 0 ? "" : " * " + kernels.CacheScale);
    }
}
