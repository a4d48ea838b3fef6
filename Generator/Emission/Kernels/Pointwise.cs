using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>RMSNorm, the rotary embedding, and the functions that other kernels apply to each element.</summary>
internal static class Pointwise
{
    // 2^f for f in [-1/2, 1/2], a Chebyshev interpolation of degree 6: relative error 2.6e-9, below a float's rounding.
    private static readonly double[] Exp2Coefficients =
    [
        1.0, 0.6931472067028321, 0.24022650922288827, 0.05550327226670944, 0.00961805667852609, 0.0013400428177419153, 0.0001546144469646172,
    ];

    /// <summary>The element functions. They are small and inlined; nothing dispatches to them.</summary>
    public static void WriteFunctions(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
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

        writer.Line();
        writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
        writer.Method($"private static float LargestLane({vec} v)", () => writer.Line(isa.LargestLane));
        writer.Line();
        if (isa.IntegerHelpers.Length > 0 && (kernels.Plan.Cache.IsScaled || kernels.Plan.Formats.Any(format => format is IntegerBlock)))
        {
            writer.Line(isa.IntegerHelpers);
            writer.Line();
        }
    }

    public static void WriteRmsNorm(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        const int Chains = 4;
        int step = Chains * isa.Lanes;

        // The padding of x and w is zero, so whole vectors need no tail. 32 is a multiple of every step but AVX-512's.
        while (ModelPlan.Pad(kernels.Plan.Spec.Dim, ModelPlan.PanelRows) % step != 0)
            step /= 2;
        int chains = step / isa.Lanes;
        kernels.Kernel(
            "RmsNorm",
            "y = x / sqrt(mean(x²) + NormEps) ⊙ w",
            $"x, w, y [{kernels.Plan.Spec.Dim}], padded with zeros to a multiple of {ModelPlan.PanelRows}",
            [("float*", "x"), ("float*", "w"), ("float*", "y")],
            () =>
            {
                writer.Line($"{vec} {Enumerable.Range(0, chains).Select(c => $"s{c} = {isa.Zero}").Join(", ")};");
                writer.Block($"for (int i = 0; i < PaddedDim; i += {step})", () =>
                {
                    for (int c = 0; c < chains; c++)
                    {
                        writer.Line($"{vec} v{c} = {isa.Load(Code.At("x + i", c * isa.Lanes))};");
                        writer.Line($"s{c} = {isa.Fma($"v{c}", $"v{c}", $"s{c}")};");
                    }
                });
                string sum = isa.ReduceSum(chains == 4 ? "((s0 + s1) + (s2 + s3))" : chains == 2 ? "(s0 + s1)" : "s0");
                writer.Line($"{vec} scale = {isa.Broadcast($"1f / MathF.Sqrt(({sum} / Dim) + NormEps)")};");
                Loops.ForVectors(writer, isa, "0", "PaddedDim", () =>
                    writer.Line(isa.Store("y + i", $"{isa.Load("x + i")} * scale * {isa.Load("w + i")}")));
            });
    }

    /// <summary>Rotates one head: a query takes the softmax scale along for nothing.</summary>
    public static void WriteRotate(KernelClass kernels)
    {
        string halves = kernels.CacheScale(kernels.Isa);
        double scale = 1.4426950408889634 / System.Math.Sqrt(kernels.Plan.Spec.HeadDim);
        WriteRotate(kernels, "RotateQuery", $"{Code.Float(scale)}{(halves == "1f" ? "" : $" * ({halves})")}");
        WriteRotate(kernels, "RotateKey", "");
    }

    /// <summary>Rotates one head back: what the derivative of a rotation does.</summary>
    public static void WriteRotateBack(KernelClass kernels) => WriteRotate(kernels, "RotateBack", "", back: true);

    private static void WriteRotate(KernelClass kernels, string name, string scale, bool back = false)
    {
        bool interleaved = kernels.Plan.Spec.RopeLayout == Spec.RopeLayout.Interleaved;
        int headDim = kernels.Plan.Spec.HeadDim;
        Dialect isa = kernels.Isa.Fit(interleaved ? headDim : headDim / 2);
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            name,
            $"y = x ⊙ cos {(back ? "-" : "+")} partner(x) ⊙ ±sin" + (scale.Length == 0 ? "" : ", times log2(e) / sqrt(HeadDim)"),
            (interleaved ? "x, y [HeadDim] in neighbouring pairs" : "x, y [HeadDim], element i paired with i + HeadDim / 2") + " · cos, sin [HeadDim], sin signed for each element",
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
                        writer.Line(isa.Store("y + i", Turned("b", isa.Load("sin + i"), "a", isa.Load("cos + i"))));
                        writer.Line(isa.Store("y + i" + Partner, Turned("a", isa.Load("sin + i" + Partner), "b", isa.Load("cos + i" + Partner))));
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
}
