using System.Linq;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>What training does to each token, each score or each column: norms, SwiGLU, the softmax and their derivatives.</summary>
internal sealed class TrainingPointwise
{
    private readonly KernelClass _kernels;
    private readonly TrainingPointwisePlan _plan;
    private readonly Dialect _isa;
    private readonly SourceWriter _writer;
    private readonly string _vec;

    private TrainingPointwise(KernelClass kernels, TrainingPointwisePlan plan)
    {
        _kernels = kernels;
        _plan = plan;
        _isa = plan.Isa;
        _writer = kernels.Writer;
        _vec = plan.Isa.VectorType;
    }

    public static void Write(KernelClass kernels, TrainingPointwisePlan plan)
    {
        TrainingPointwise pointwise = new(kernels, plan);
        pointwise.WriteNorm();
        pointwise.WriteNormBackward();
        pointwise.WriteColumns("NormWeights", "dw[j] += Σ dy[t, j] · x[t, j] · scale[t]", norm: true);
        pointwise.WriteColumns("ColumnSums", "db[j] += Σ dy[t, j]", norm: false);
        pointwise.WriteSwiGlu();
        pointwise.WriteSwiGluBackward();
        pointwise.WriteSoftmax();
        pointwise.WriteSoftmaxBackward();
        pointwise.WriteAdd();
    }

    private void WriteNorm()
    {
        _kernels.Kernel(
            "NormForward",
            "scale = 1 / sqrt(mean(x²) + NormEps), y = x · scale ⊙ w",
            "x, w, y [Dim], x padded with zeros",
            [("float*", "x"), ("float*", "w"), ("float*", "y"), ("float*", "scale")],
            () =>
            {
                _writer.Line($"{_vec} squares = {_isa.Zero};");
                ForVectors("0", "PaddedDim", () =>
                {
                    _writer.Line($"{_vec} v = {_isa.Load("x + i")};");
                    _writer.Line($"squares = {_isa.Fma("v", "v", "squares")};");
                });
                _writer.Line($"*scale = 1f / MathF.Sqrt(({_isa.ReduceSum("squares")} / Dim) + NormEps);");
                _writer.Line($"{_vec} factor = {_isa.Broadcast("*scale")};");
                ForVectors("0", "PaddedDim", () =>
                    _writer.Line(_isa.Store("y + i", $"{_isa.Load("x + i")} * factor * {_isa.Load("w + i")}")));
            });
    }

    private void WriteNormBackward()
    {
        _kernels.Kernel(
            "NormBackward",
            "dx += scale · (w ⊙ dy) - x · scale³ · mean(w ⊙ dy ⊙ x)",
            "x, w, dy, dx [Dim], x and dy padded with zeros",
            [("float*", "x"), ("float*", "w"), ("float*", "dy"), ("float*", "dx"), ("float", "scale")],
            () =>
            {
                _writer.Line($"{_vec} dots = {_isa.Zero};");
                ForVectors("0", "PaddedDim", () =>
                    _writer.Line($"dots = {_isa.Fma($"({_isa.Load("w + i")} * {_isa.Load("dy + i")})", _isa.Load("x + i"), "dots")};"));
                _writer.Line($"{_vec} factor = {_isa.Broadcast("scale")};");
                _writer.Line($"{_vec} back = {_isa.Broadcast($"-({_isa.ReduceSum("dots")} / Dim) * scale * scale * scale")};");
                ForVectors("0", "PaddedDim", () =>
                {
                    string own = _isa.Fma($"({_isa.Load("w + i")} * {_isa.Load("dy + i")})", "factor", _isa.Load("dx + i"));
                    _writer.Line(_isa.Store("dx + i", _isa.Fma(_isa.Load("x + i"), "back", own)));
                });
            });
    }

    // 32 columns over all tokens: each column is summed by one thread in one order.
    private void WriteColumns(string name, string equation, bool norm)
    {
        int atOnce = _plan.ColumnVectors;
        _kernels.Kernel(
            name,
            equation,
            norm
                ? "x, dy [tokens, DimStride] · scales [tokens] · dw [Dim], columns [column, column + count) · tile [32]"
                : "dy [tokens, stride] · db [count] · tile [32]",
            [
                .. norm
                    ? new[] { ("float*", "x"), ("float*", "dy"), ("float*", "scales") }
                    : [("float*", "dy"), ("nint", "stride")],
                ("float*", "dw"), ("int", "tokens"), ("int", "column"), ("int", "count"), ("float*", "tile"),
            ],
            () =>
            {
                _writer.Block($"for (int part = 0; part < PanelRows; part += {atOnce * _isa.Lanes})", () =>
                {
                    _writer.Line($"{_vec} {Enumerable.Range(0, atOnce).Select(i => $"s{i} = {_isa.Zero}").Join(", ")};");
                    _writer.Line("float* d = dy + column + part;");
                    if (norm)
                        _writer.Line("float* v = x + column + part;");
                    string step = norm ? "DimStride, v += DimStride" : "stride";
                    _writer.Block($"for (int token = 0; token < tokens; token++, d += {step})", () =>
                    {
                        if (norm)
                            _writer.Line($"{_vec} scale = {_isa.Broadcast("scales[token]")};");
                        for (int i = 0; i < atOnce; i++)
                        {
                            string dy = _isa.Load(Code.At("d", i * _isa.Lanes));
                            string x = _isa.Load(Code.At("v", i * _isa.Lanes));
                            _writer.Line(norm ? $"s{i} = {_isa.Fma($"({dy} * {x})", "scale", $"s{i}")};" : $"s{i} += {dy};");
                        }
                    });
                    for (int i = 0; i < atOnce; i++)
                        _writer.Line(_isa.Store(Code.At("tile + part", i * _isa.Lanes), $"s{i}"));
                });
                _writer.Nested("for (int i = 0; i < count; i++)", "dw[column + i] += tile[i];");
            });
    }

    private void WriteSwiGlu()
    {
        _kernels.Kernel(
            "SwiGlu",
            "h = silu(gate) ⊙ up",
            "gateUp [gates | ups from UpOffset on], both padded with zeros · h [FfnDim]",
            [("float*", "gateUp"), ("float*", "h")],
            () => ForVectors("0", "UpOffset", () =>
                _writer.Line(_isa.Store("h + i", $"Silu({_isa.Load("gateUp + i")}) * {_isa.Load("gateUp + UpOffset + i")}"))));
    }

    private void WriteSwiGluBackward()
    {
        _kernels.Kernel(
            "SwiGluBackward",
            "h = silu(gate) ⊙ up; dgate = dh ⊙ up ⊙ silu'(gate), dup = dh ⊙ silu(gate), in the place of gate and up",
            "gateUp [gates | ups from UpOffset on], both padded with zeros · dh, h [FfnDim] · silu'(x) = σ(x) + silu(x) · (1 - σ(x))",
            [("float*", "gateUp"), ("float*", "dh"), ("float*", "h")],
            () => ForVectors("0", "UpOffset", () =>
            {
                _writer.Line($"{_vec} gate = {_isa.Load("gateUp + i")};");
                _writer.Line($"{_vec} up = {_isa.Load("gateUp + UpOffset + i")};");
                _writer.Line($"{_vec} d = {_isa.Load("dh + i")};");
                string one = _isa.Broadcast("1f");
                _writer.Line($"{_vec} sigmoid = {one} / ({one} + Exp2(gate * {_isa.Broadcast("-1.442695f")}));");
                _writer.Line($"{_vec} silu = gate * sigmoid;");
                _writer.Line(_isa.Store("h + i", "silu * up"));
                _writer.Line(_isa.Store("gateUp + UpOffset + i", "d * silu"));
                _writer.Line(_isa.Store("gateUp + i", $"d * up * (sigmoid + (silu * ({_isa.Broadcast("1f")} - sigmoid)))"));
            }));
    }

    private string ScoreScale => Code.Float(1.4426950408889634 / System.Math.Sqrt(_kernels.Plan.Spec.HeadDim));

    private void WriteSoftmax()
    {
        _kernels.Kernel(
            "SoftmaxRow",
            "scores = softmax(scores / sqrt(HeadDim)) over [begin, end), 0 elsewhere; logSum = log2 Σ 2^(scores · log2(e) / sqrt(HeadDim))",
            "scores [count], padded to whole panels",
            [("float*", "scores"), ("int", "begin"), ("int", "end"), ("int", "count"), ("float*", "logSum")],
            () =>
            {
                _writer.Line("new FloatSpan(scores, begin).Fill(float.NegativeInfinity);");
                _writer.Line("int padded = (end + PanelRows - 1) / PanelRows * PanelRows;");
                _writer.Line("new FloatSpan(scores + end, padded - end).Fill(float.NegativeInfinity);");
                _writer.Line($"int start = begin / {_isa.Lanes} * {_isa.Lanes};");
                _writer.Line($"{_vec} top = {_isa.Load("scores + start")};");
                ForVectors($"start + {_isa.Lanes}", "padded", () => _writer.Line($"top = {_isa.Max("top", _isa.Load("scores + i"))};"));
                _writer.Line("float max = LargestLane(top);");
                _writer.Line($"{_vec} scale = {_isa.Broadcast(ScoreScale)};");
                _writer.Line($"{_vec} shift = {_isa.Broadcast("-max")} * scale;");
                _writer.Line($"{_vec} total = {_isa.Zero};");
                ForVectors("start", "padded", () =>
                {
                    _writer.Line($"{_vec} weight = Exp2({_isa.Fma(_isa.Load("scores + i"), "scale", "shift")});");
                    _writer.Line(_isa.Store("scores + i", "weight"));
                    _writer.Line("total += weight;");
                });
                _writer.Line($"float sum = {_isa.ReduceSum("total")};");
                _writer.Line($"*logSum = (max * {ScoreScale}) + MathF.Log2(sum);");
                _writer.Line($"{_vec} inverse = {_isa.Broadcast("1f / sum")};");
                ForVectors("start", "padded", () => _writer.Line(_isa.Store("scores + i", $"{_isa.Load("scores + i")} * inverse")));
                ClearOutside("scores");
            });
    }

    private void WriteSoftmaxBackward()
    {
        Dialect head = _plan.HeadWidth;
        _kernels.Kernel(
            "SoftmaxBackward",
            "p = softmax(scores / sqrt(HeadDim)), ds = p ⊙ (dp - dy · y) / sqrt(HeadDim), both 0 outside [begin, end)",
            "scores: in, scores; out, p · slopes: in, dp; out, ds · y, dy [HeadDim]",
            [
                ("float*", "scores"), ("float*", "slopes"), ("float*", "y"), ("float*", "dy"),
                ("float", "logSum"), ("int", "begin"), ("int", "end"), ("int", "count"),
            ],
            () =>
            {
                _writer.Line($"{head.VectorType} dots = {head.Zero};");
                Loops.ForVectors(_writer, head, "0", "HeadDim", () =>
                    _writer.Line($"dots = {head.Fma(head.Load("y + i"), head.Load("dy + i"), "dots")};"));
                _writer.Line($"{_vec} delta = {_isa.Broadcast(head.ReduceSum("dots"))};");
                _writer.Line($"{_vec} scale = {_isa.Broadcast(ScoreScale)};");
                _writer.Line($"{_vec} root = {_isa.Broadcast(Code.Float(1 / System.Math.Sqrt(_kernels.Plan.Spec.HeadDim)))};");
                _writer.Line($"{_vec} shift = {_isa.Broadcast("-logSum")};");
                ForVectors($"begin / {_isa.Lanes} * {_isa.Lanes}", "end", () =>
                {
                    _writer.Line($"{_vec} p = Exp2({_isa.Fma(_isa.Load("scores + i"), "scale", "shift")});");
                    _writer.Line(_isa.Store("scores + i", "p"));
                    _writer.Line(_isa.Store("slopes + i", $"p * ({_isa.Load("slopes + i")} - delta) * root"));
                });
                ClearOutside("scores");
                ClearOutside("slopes");
            });
    }

    private void ForVectors(string begin, string end, System.Action body) => Loops.ForVectors(_writer, _isa, begin, end, body);

    private void ClearOutside(string row)
    {
        _writer.Line($"new FloatSpan({row}, begin).Clear();");
        _writer.Nested("if (count > end)", $"new FloatSpan({row} + end, count - end).Clear();");
    }

    private void WriteAdd()
    {
        _kernels.Kernel(
            "AddRow",
            "y += x",
            "x, y [count]",
            [("float*", "x"), ("float*", "y"), ("int", "count")],
            () =>
            {
                _writer.Line("int i = 0;");
                if (_isa.Lanes > 1)
                {
                    _writer.Block($"for (; i <= count - {_isa.Lanes}; i += {_isa.Lanes})", () =>
                        _writer.Line(_isa.Store("y + i", $"{_isa.Load("y + i")} + {_isa.Load("x + i")}")));
                }

                _writer.Nested("for (; i < count; i++)", "y[i] += x[i];");
            });
    }
}
