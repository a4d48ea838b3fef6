using System.Linq;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>From weighted values to what attention gives: the division by the softmax's sum, in decode over all blocks.</summary>
internal static class AttentionResult
{
    /// <summary>Prefill: one row that has seen its whole past.</summary>
    public static void WriteNormalize(KernelClass kernels, NormalizePlan plan)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "Normalize",
            "y = mixed / sum",
            "mixed, y [HeadDim]",
            [("float*", "mixed"), ("float", "sum"), ("float*", "y")],
            () =>
            {
                writer.Line($"{isa.VectorType} factor = {isa.Broadcast("1f / sum")};");
                Loops.ForVectors(writer, isa, "0", "HeadDim", () => writer.Line(isa.Store("y + i", $"{isa.Load("mixed + i")} * factor")));
            });
    }

    /// <summary>
    /// Decode: softmaxes over blocks become the softmax over all of them, in the order of the blocks whoever computed them (the
    /// reduction of flash decoding, Dao et al. 2023).
    /// </summary>
    public static void WriteCombine(KernelClass kernels, CombinePlan plan)
    {
        (Dialect isa, Dialect heads, int vectors) = (plan.Isa, plan.Heads, plan.Vectors);
        SourceWriter writer = kernels.Writer;
        string vec = heads.VectorType;
        bool whole = vectors * isa.Lanes == kernels.Plan.Spec.HeadDim;
        kernels.Kernel(
            "Combine",
            "y = Σ mixed · 2^(max - largest max) / Σ sum · 2^(max - largest max), over blocks",
            "max, sum, factors [blocks, PaddedHeads] · mixed [blocks, Heads, HeadDim] · y [Heads, HeadDim]",
            [("float*", "max"), ("float*", "sum"), ("float*", "mixed"), ("float*", "factors"), ("float*", "y"), ("int", "blocks")],
            () =>
            {
                writer.Block($"for (int head = 0; head < Heads; head += {heads.Lanes})", () =>
                {
                    string Each(string body) => $"for (int at = head; at < head + (blocks * PaddedHeads); at += PaddedHeads)\n    {body}";
                    writer.Line($"{vec} top = {heads.Broadcast("LowestMax")};");
                    writer.Line(Each($"top = {heads.Max("top", heads.Load("max + at"))};"));
                    writer.Line($"{vec} total = {heads.Zero};");
                    writer.Block("for (int at = head; at < head + (blocks * PaddedHeads); at += PaddedHeads)", () =>
                    {
                        writer.Line($"{vec} factor = Exp2({heads.Load("max + at")} - top);");
                        writer.Line(heads.Store("factors + at", "factor"));
                        writer.Line($"total = {heads.Fma("factor", heads.Load("sum + at"), "total")};");
                    });
                    writer.Line($"total = {heads.Broadcast("1f")} / total;");
                    writer.Line(Each(heads.Store("factors + at", $"{heads.Load("factors + at")} * total")));
                });
                writer.Block($"for (int head = 0; head < Heads; head++)", () =>
                    Loops.ForPieces(writer, "i", vectors * isa.Lanes, "HeadDim", whole, i =>
                    {
                        writer.Line($"{isa.VectorType} {Enumerable.Range(0, vectors).Select(v => $"y{v} = {isa.Zero}").Join(", ")};");
                        writer.Line($"float* from = {Code.At("mixed + (head * HeadDim)", i)};");
                        writer.Line("float* factor = factors + head;");
                        writer.Block("for (int block = 0; block < blocks; block++, from += QueryDimStride, factor += PaddedHeads)", () =>
                        {
                            writer.Line($"{isa.VectorType} f = {isa.Broadcast("*factor")};");
                            for (int v = 0; v < vectors; v++)
                                writer.Line($"y{v} = {isa.Fma(isa.Load(Code.At("from", v * isa.Lanes)), "f", $"y{v}")};");
                        });
                        writer.Line($"float* to = {Code.At("y + (head * HeadDim)", i)};");
                        for (int v = 0; v < vectors; v++)
                            writer.Line(isa.Store(Code.At("to", v * isa.Lanes), $"y{v}"));
                    }));
            });
    }
}
