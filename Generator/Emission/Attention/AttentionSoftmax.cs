using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>
/// Softmax of some rows over one block of positions, not divided by the sum. In prefill it goes on from the block before (Milakov
/// and Gimelshein, arXiv 1805.02867); in decode each block is by itself, and max and sum are kept to combine them.
/// </summary>
internal static class AttentionSoftmax
{
    public static void Write(KernelClass kernels, SoftmaxPlan plan)
    {
        SourceWriter writer = kernels.Writer;
        AttentionForm form = plan.Form;
        bool scaled = form.ReadsPages && kernels.Plan.Cache.IsScaled;
        string equation = $"scores = 2^(scores - max){(scaled ? " · value scales" : "")}";
        kernels.Kernel(
            form.Name + "Softmax",
            equation + (form.CarriesOn ? "; sum = sum · scale + Σ scores; scale = 2^(max before - max)" : "; sum = Σ 2^(scores - max)"),
            $"scores [{form.Rows}, BlockPositions] · max, sum{(form.CarriesOn ? ", scale" : "")} [{form.Rows}]"
                + " · count is a multiple of PositionTile, masked scores are -∞",
            [
                ("float*", "scores"),
                .. scaled ? new[] { (kernels.Plan.Cache.ElementType + "**", "pages"), ("long", "head") } : [],
                ("float*", "max"), ("float*", "sum"),
                .. form.CarriesOn ? new[] { ("float*", "scale") } : [],
                ("int", "count"),
            ],
            () =>
            {
                if (plan.Vectors == 0)
                    writer.Line($"float* lanes = stackalloc float[{SumOrder.Lanes}];");
                writer.Block($"for (int row = 0; row < {form.Rows}; row++, scores += BlockPositions)", () =>
                    WriteRow(kernels, plan, scaled));
            });
    }

    private static void WriteRow(KernelClass kernels, SoftmaxPlan plan, bool scaled)
    {
        SourceWriter writer = kernels.Writer;
        AttentionForm form = plan.Form;
        Row row = new(kernels, plan, scaled);
        if (form.CarriesOn)
            writer.Line("float before = max[row];");
        if (plan.Vectors == 0)
            row.WriteNumbers();
        else
            row.WriteVectors();
        writer.Line("max[row] = now;");
        if (!form.CarriesOn)
        {
            writer.Line("sum[row] = total;");
            return;
        }

        Dialect isa = plan.Isa;
        string shrink = isa.Lanes == 1 ? "Exp2(before - now)" : $"V{isa.Lanes * 32}.ToScalar(Exp2({isa.Broadcast("before - now")}))";
        writer.Line($"float shrink = {shrink};");
        writer.Line("scale[row] = shrink;");
        writer.Line("sum[row] = (sum[row] * shrink) + total;");
    }

    /// <summary>What makes weights of one row's scores, and leaves their largest and their sum in now and total.</summary>
    private sealed class Row(KernelClass kernels, SoftmaxPlan plan, bool scaled)
    {
        private readonly Dialect _isa = plan.Isa;
        private readonly SourceWriter _writer = kernels.Writer;

        // The largest score so far: blocks before this one have been seen where the softmax carries on.
        private string Lowest => plan.Form.CarriesOn ? "before" : "LowestMax";

        private string Factor => plan.RestoresExponent ? $" * {_isa.Broadcast(kernels.CacheScale)}" : "";

        private string Smallest => plan.DropsSmallest ? $" - {_isa.Broadcast(Code.Float(Math.Pow(2, -126)))}" : "";

        // Each vector of the lanes has a chain of its own, since one would wait for itself.
        public void WriteVectors()
        {
            string vec = _isa.VectorType;
            IEnumerable<int> vectors = Enumerable.Range(0, plan.Vectors);
            _writer.Line($"{vec} {vectors.Select(v => $"top{v} = {_isa.Broadcast(Lowest)}").Join(", ")};");
            Loops.ForLanes(_writer, _isa, "0", "count", v => _writer.Line($"top{v} = {_isa.Max(_isa.Load(At("scores", v)), $"top{v}")};"));
            _writer.Line($"float now = LargestLane({Loops.Halves(vectors.Select(v => $"top{v}").ToList(), _isa.Max)});");
            _writer.Line($"{vec} top = {_isa.Broadcast("now")};");
            _writer.Line($"{vec} {vectors.Select(v => $"total{v} = {_isa.Zero}").Join(", ")};");
            ForPositions((begin, end) => Loops.ForLanes(_writer, _isa, begin, end, v =>
            {
                _writer.Line($"{vec} weight{v} = Exp2({_isa.Load(At("scores", v))} - top){Smallest};");
                _writer.Line($"total{v} += weight{v};");
                string scale = scaled ? $" * {_isa.Load(At("scales", v))}" : Factor;
                _writer.Line(_isa.Store(At("scores", v), $"weight{v}{scale}"));
            }));
            _writer.Line($"float total = SumLanes({Loops.Halves(vectors.Select(v => $"total{v}").ToList(), (a, b) => $"({a} + {b})")});");
        }

        public void WriteNumbers()
        {
            _writer.Line($"float now = {Lowest};");
            _writer.Nested("for (int i = 0; i < count; i++)", $"now = {_isa.Max("scores[i]", "now")};");
            _writer.Line($"new FloatSpan(lanes, {SumOrder.Lanes}).Clear();");
            ForPositions((begin, end) => _writer.Block($"for (int i = {begin}; i < {end}; i++)", () =>
            {
                _writer.Line($"float weight = Exp2(scores[i] - now){Smallest};");
                _writer.Line($"lanes[i % {SumOrder.Lanes}] += weight;");
                _writer.Line($"scores[i] = weight{(scaled ? " * scales[i]" : Factor)};");
            }));
            _writer.Line("float total = SumLanes(lanes);");
        }

        // Scales lie page by page.
        private void ForPositions(Action<string, string> body)
        {
            if (!scaled)
            {
                body("0", "count");
                return;
            }

            Loops.ForPages(_writer, () =>
            {
                _writer.Line("float* scales = ValueScale(pages[page] + head, 0) - begin;");
                body("begin", "end");
            });
        }

        private string At(string pointer, int vector) => Code.At(pointer + " + i", vector * _isa.Lanes);
    }
}
