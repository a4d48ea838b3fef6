using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>What training does to each token, each score or each column: norms, SwiGLU, the softmax and their derivatives.</summary>
internal static class TrainingPointwise
{
    public static void Write(KernelClass kernels)
    {
        WriteNorm(kernels);
        WriteNormBackward(kernels);
        WriteColumns(kernels, "NormWeights", "dw[j] += Σ dy[t, j] · x[t, j] · scale[t]", norm: true);
        WriteColumns(kernels, "ColumnSums", "db[j] += Σ dy[t, j]", norm: false);
        WriteSwiGlu(kernels);
        WriteSwiGluBackward(kernels);
        Pointwise.WriteRotateBack(kernels);
        WriteSoftmax(kernels);
        WriteSoftmaxBackward(kernels);
        WriteAdd(kernels);
    }

    private static void WriteNorm(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            "NormForward",
            "scale = 1 / sqrt(mean(x²) + NormEps), y = x · scale ⊙ w",
            "x, w, y [Dim], x padded with zeros",
            [("float*", "x"), ("float*", "w"), ("float*", "y"), ("float*", "scale")],
            () =>
            {
                writer.Line($"{vec} squares = {isa.Zero};");
                writer.Block($"for (int i = 0; i < PaddedDim; i += {isa.Lanes})", () =>
                {
                    writer.Line($"{vec} v = {isa.Load("x + i")};");
                    writer.Line($"squares = {isa.Fma("v", "v", "squares")};");
                });
                writer.Line($"*scale = 1f / MathF.Sqrt(({isa.ReduceSum("squares")} / Dim) + NormEps);");
                writer.Line($"{vec} factor = {isa.Broadcast("*scale")};");
                writer.Block($"for (int i = 0; i < PaddedDim; i += {isa.Lanes})", () =>
                    writer.Line(isa.Store("y + i", $"{isa.Load("x + i")} * factor * {isa.Load("w + i")}")));
            });
    }

    private static void WriteNormBackward(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            "NormBackward",
            "dx += scale · (w ⊙ dy) - x · scale³ · mean(w ⊙ dy ⊙ x)",
            "x, w, dy, dx [Dim], x and dy padded with zeros",
            [("float*", "x"), ("float*", "w"), ("float*", "dy"), ("float*", "dx"), ("float", "scale")],
            () =>
            {
                writer.Line($"{vec} dots = {isa.Zero};");
                writer.Block($"for (int i = 0; i < PaddedDim; i += {isa.Lanes})", () =>
                    writer.Line($"dots = {isa.Fma($"({isa.Load("w + i")} * {isa.Load("dy + i")})", isa.Load("x + i"), "dots")};"));
                writer.Line($"{vec} factor = {isa.Broadcast("scale")};");
                writer.Line($"{vec} back = {isa.Broadcast($"-({isa.ReduceSum("dots")} / Dim) * scale * scale * scale")};");
                writer.Block($"for (int i = 0; i < PaddedDim; i += {isa.Lanes})", () =>
                    writer.Line(isa.Store("dx + i", isa.Fma(isa.Load("x + i"), "back", isa.Fma($"({isa.Load("w + i")} * {isa.Load("dy + i")})", "factor", isa.Load("dx + i"))))));
            });
    }

    // 32 columns over all tokens: each column is summed by one thread in one order.
    private static void WriteColumns(KernelClass kernels, string name, string equation, bool norm)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        int vectors = ModelPlan.PanelRows / isa.Lanes;

        // Where 32 columns are more than the registers, a few vectors at a time.
        int atOnce = System.Math.Min(vectors, isa.Registers / 4);
        kernels.Kernel(
            name,
            equation,
            norm ? "x, dy [tokens, DimStride] · scales [tokens] · dw [Dim], columns [column, column + count) · tile [32]" : "dy [tokens, stride] · db [count] · tile [32]",
            norm
                ? [("float*", "x"), ("float*", "dy"), ("float*", "scales"), ("float*", "dw"), ("int", "tokens"), ("int", "column"), ("int", "count"), ("float*", "tile")]
                : [("float*", "dy"), ("nint", "stride"), ("float*", "dw"), ("int", "tokens"), ("int", "column"), ("int", "count"), ("float*", "tile")],
            () =>
            {
                writer.Block($"for (int part = 0; part < PanelRows; part += {atOnce * isa.Lanes})", () =>
                {
                    writer.Line($"{vec} {Enumerable.Range(0, atOnce).Select(i => $"s{i} = {isa.Zero}").Join(", ")};");
                    writer.Line("float* d = dy + column + part;");
                    if (norm)
                        writer.Line("float* v = x + column + part;");
                    writer.Block($"for (int token = 0; token < tokens; token++, d += {(norm ? "DimStride, v += DimStride" : "stride")})", () =>
                    {
                        if (norm)
                            writer.Line($"{vec} scale = {isa.Broadcast("scales[token]")};");
                        for (int i = 0; i < atOnce; i++)
                        {
                            string dy = isa.Load(Text.At("d", i * isa.Lanes));
                            writer.Line(norm ? $"s{i} = {isa.Fma($"({dy} * {isa.Load(Text.At("v", i * isa.Lanes))})", "scale", $"s{i}")};" : $"s{i} += {dy};");
                        }
                    });
                    for (int i = 0; i < atOnce; i++)
                        writer.Line(isa.Store(Text.At("tile + part", i * isa.Lanes), $"s{i}"));
                });
                writer.Nested("for (int i = 0; i < count; i++)", "dw[column + i] += tile[i];");
            });
    }

    private static void WriteSwiGlu(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "SwiGlu",
            "h = silu(gate) ⊙ up",
            "gateUp [gates | ups from UpOffset on], both padded with zeros · h [FfnDim]",
            [("float*", "gateUp"), ("float*", "h")],
            () => writer.Block($"for (int i = 0; i < UpOffset; i += {isa.Lanes})", () =>
                writer.Line(isa.Store("h + i", $"Silu({isa.Load("gateUp + i")}) * {isa.Load("gateUp + UpOffset + i")}"))));
    }

    private static void WriteSwiGluBackward(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            "SwiGluBackward",
            "h = silu(gate) ⊙ up; dgate = dh ⊙ up ⊙ silu'(gate), dup = dh ⊙ silu(gate), in the place of gate and up",
            "gateUp [gates | ups from UpOffset on], both padded with zeros · dh, h [FfnDim] · silu'(x) = σ(x) + silu(x) · (1 - σ(x))",
            [("float*", "gateUp"), ("float*", "dh"), ("float*", "h")],
            () => writer.Block($"for (int i = 0; i < UpOffset; i += {isa.Lanes})", () =>
            {
                writer.Line($"{vec} gate = {isa.Load("gateUp + i")};");
                writer.Line($"{vec} up = {isa.Load("gateUp + UpOffset + i")};");
                writer.Line($"{vec} d = {isa.Load("dh + i")};");
                writer.Line($"{vec} sigmoid = {isa.Broadcast("1f")} / ({isa.Broadcast("1f")} + Exp2(gate * {isa.Broadcast("-1.442695f")}));");
                writer.Line($"{vec} silu = gate * sigmoid;");
                writer.Line(isa.Store("h + i", "silu * up"));
                writer.Line(isa.Store("gateUp + UpOffset + i", "d * silu"));
                writer.Line(isa.Store("gateUp + i", $"d * up * (sigmoid + (silu * ({isa.Broadcast("1f")} - sigmoid)))"));
            }));
    }

    private static string ScoreScale(ModelSpec spec) => Text.Float(1.4426950408889634 / System.Math.Sqrt(spec.HeadDim));

    private static void WriteSoftmax(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            "SoftmaxRow",
            "scores = softmax(scores / sqrt(HeadDim)) over [begin, end), 0 elsewhere; logSum = log2 Σ 2^(scores · log2(e) / sqrt(HeadDim))",
            "scores [count], padded to whole panels",
            [("float*", "scores"), ("int", "begin"), ("int", "end"), ("int", "count"), ("float*", "logSum")],
            () =>
            {
                writer.Line("new Span<float>(scores, begin).Fill(float.NegativeInfinity);");
                writer.Line("int padded = (end + PanelRows - 1) / PanelRows * PanelRows;");
                writer.Line("new Span<float>(scores + end, padded - end).Fill(float.NegativeInfinity);");
                writer.Line($"int start = begin / {isa.Lanes} * {isa.Lanes};");
                writer.Line($"{vec} top = {isa.Load("scores + start")};");
                writer.Block($"for (int i = start + {isa.Lanes}; i < padded; i += {isa.Lanes})", () => writer.Line($"top = {isa.Max("top", isa.Load("scores + i"))};"));
                writer.Line("float max = LargestLane(top);");
                writer.Line($"{vec} scale = {isa.Broadcast(ScoreScale(kernels.Plan.Spec))};");
                writer.Line($"{vec} shift = {isa.Broadcast("-max")} * scale;");
                writer.Line($"{vec} total = {isa.Zero};");
                writer.Block($"for (int i = start; i < padded; i += {isa.Lanes})", () =>
                {
                    writer.Line($"{vec} weight = Exp2({isa.Fma(isa.Load("scores + i"), "scale", "shift")});");
                    writer.Line(isa.Store("scores + i", "weight"));
                    writer.Line("total += weight;");
                });
                writer.Line($"float sum = {isa.ReduceSum("total")};");
                writer.Line($"*logSum = (max * {ScoreScale(kernels.Plan.Spec)}) + MathF.Log2(sum);");
                writer.Line($"{vec} inverse = {isa.Broadcast("1f / sum")};");
                writer.Block($"for (int i = start; i < padded; i += {isa.Lanes})", () => writer.Line(isa.Store("scores + i", $"{isa.Load("scores + i")} * inverse")));
                ClearOutside(writer, "scores");
            });
    }

    private static void WriteSoftmaxBackward(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
        Dialect head = isa.Fit(kernels.Plan.Spec.HeadDim);
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        kernels.Kernel(
            "SoftmaxBackward",
            "p = softmax(scores / sqrt(HeadDim)), ds = p ⊙ (dp - dy · y) / sqrt(HeadDim), both 0 outside [begin, end)",
            "scores: in, scores; out, p · slopes: in, dp; out, ds · y, dy [HeadDim]",
            [("float*", "scores"), ("float*", "slopes"), ("float*", "y"), ("float*", "dy"), ("float", "logSum"), ("int", "begin"), ("int", "end"), ("int", "count")],
            () =>
            {
                writer.Line($"{head.VectorType} dots = {head.Zero};");
                writer.Block($"for (int i = 0; i < HeadDim; i += {head.Lanes})", () => writer.Line($"dots = {head.Fma(head.Load("y + i"), head.Load("dy + i"), "dots")};"));
                writer.Line($"{vec} delta = {isa.Broadcast(head.ReduceSum("dots"))};");
                writer.Line($"{vec} scale = {isa.Broadcast(ScoreScale(kernels.Plan.Spec))};");
                writer.Line($"{vec} root = {isa.Broadcast(Text.Float(1 / System.Math.Sqrt(kernels.Plan.Spec.HeadDim)))};");
                writer.Line($"{vec} shift = {isa.Broadcast("-logSum")};");
                writer.Block($"for (int i = begin / {isa.Lanes} * {isa.Lanes}; i < end; i += {isa.Lanes})", () =>
                {
                    writer.Line($"{vec} p = Exp2({isa.Fma(isa.Load("scores + i"), "scale", "shift")});");
                    writer.Line(isa.Store("scores + i", "p"));
                    writer.Line(isa.Store("slopes + i", $"p * ({isa.Load("slopes + i")} - delta) * root"));
                });
                ClearOutside(writer, "scores");
                ClearOutside(writer, "slopes");
            });
    }

    private static void ClearOutside(SourceWriter writer, string row)
    {
        writer.Line($"new Span<float>({row}, begin).Clear();");
        writer.Nested("if (count > end)", $"new Span<float>({row} + end, count - end).Clear();");
    }

    private static void WriteAdd(KernelClass kernels)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "AddRow",
            "y += x",
            "x, y [count]",
            [("float*", "x"), ("float*", "y"), ("int", "count")],
            () =>
            {
                writer.Line("int i = 0;");
                if (isa.Lanes > 1)
                    writer.Block($"for (; i <= count - {isa.Lanes}; i += {isa.Lanes})", () => writer.Line(isa.Store("y + i", $"{isa.Load("y + i")} + {isa.Load("x + i")}")));
                writer.Nested("for (; i < count; i++)", "y[i] += x[i];");
            });
    }
}
