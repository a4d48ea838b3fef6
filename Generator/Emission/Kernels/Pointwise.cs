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
            foreach (double coefficient in Exp2Coefficients.Reverse().Skip(1))
                writer.Line($"p = {isa.Fma("p", "f", isa.Broadcast(Code.Float(coefficient)))};");
            writer.Line($"return {isa.ScaleByPowerOfTwo("p", "n")};");
        });

        writer.Line();
        writer.Line("/// <summary>x · sigmoid(x).</summary>");
        writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
        writer.Line($"private static {vec} Silu({vec} x) => x / ({isa.Broadcast("1f")} + Exp2(x * {isa.Broadcast("-1.442695f")}));");

        if (plan.Reduces)
            WriteReductions(writer, isa);
        WriteHelpers(writer, isa.FloatHelpers);
        if (plan.Integers)
            WriteHelpers(writer, isa.IntegerHelpers);
        writer.Line();
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
                    WriteSquares(writer, isa);
                else
                    WriteSquares(writer, isa, plan.Vectors);
                writer.Line($"{vec} scale = {isa.Broadcast("1f / MathF.Sqrt((sum / Dim) + NormEps)")};");
                Loops.ForVectors(writer, isa, "0", "PaddedDim", () =>
                    writer.Line(isa.Store("y + i", $"{isa.Load("x + i")} * scale * {isa.Load("w + i")}")));
            });
    }

    // The padding of x and w is zero, so whole vectors need no tail.
    private static void WriteSquares(SourceWriter writer, Dialect isa, int vectors)
    {
        List<string> sums = Enumerable.Range(0, vectors).Select(v => $"s{v}").ToList();
        writer.Line($"{isa.VectorType} {sums.Select(sum => $"{sum} = {isa.Zero}").Join(", ")};");
        Loops.ForLanes(writer, isa, "0", "PaddedDim", v =>
        {
            writer.Line($"{isa.VectorType} v{v} = {isa.Load(Code.At("x + i", v * isa.Lanes))};");
            writer.Line($"s{v} = {isa.Fma($"v{v}", $"v{v}", $"s{v}")};");
        });
        writer.Line($"float sum = SumLanes({Loops.Halves(sums, (a, b) => $"({a} + {b})")});");
    }

    private static void WriteSquares(SourceWriter writer, Dialect isa)
    {
        writer.Line($"float* lanes = stackalloc float[{SumOrder.Lanes}];");
        writer.Line($"new FloatSpan(lanes, {SumOrder.Lanes}).Clear();");
        writer.Nested(
            "for (int i = 0; i < PaddedDim; i++)",
            $"lanes[i % {SumOrder.Lanes}] = {isa.Fma("x[i]", "x[i]", $"lanes[i % {SumOrder.Lanes}]")};");
        writer.Line("float sum = SumLanes(lanes);");
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
            $"y = x ⊙ cos {(back ? "-" : "+")} partner(x) ⊙ ±sin" + (scale.Length == 0 ? "" : ", times log2(e) / sqrt(HeadDim)"),
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

    private static string QueryScale(KernelClass kernels)
    {
        double scale = 1.4426950408889634 / System.Math.Sqrt(kernels.Plan.Spec.HeadDim);
        return Code.Float(scale) + (kernels.CacheScale.Length == 0 ? "" : " * " + kernels.CacheScale);
    }
}
