using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>A block of the cache as floats, in the order in which it lies: prefill widens it once and reads it for many queries.</summary>
internal static class CacheWidening
{
    public static void Write(KernelClass kernels, WideningPlan plan)
    {
        Dialect isa = plan.Isa;
        bool scaled = kernels.Plan.Cache.IsScaled;
        SourceWriter writer = kernels.Writer;
        string element = kernels.Plan.Cache.ElementType;
        kernels.Kernel(
            "WidenKeys",
            scaled ? "to = K · key scales" : "to = K",
            "K, to [tiles, HeadDim, PositionTile] · count positions, in whole tiles",
            [(element + "*", "k"), ("float*", "to"), ("int", "count")],
            () => writer.Block(
                "for (int tile = 0; tile < count; tile += PositionTile, k += KeyTileElements, to += HeadDim * PositionTile)",
                () =>
                {
                    if (scaled)
                        WriteScaledTile(kernels, isa);
                    else
                        WriteCopy(kernels, plan, "HeadDim * PositionTile", "k", "");
                }));
        kernels.Kernel(
            "WidenValues",
            scaled ? "to = V · value scales" : "to = V",
            "V, to [slices, BlockPositions, Slice] · count positions, a multiple of PositionTile",
            [(element + "*", "v"), .. scaled ? new[] { ("float*", "scales") } : [], ("float*", "to"), ("int", "count")],
            () => writer.Block(
                "for (int slice = 0; slice < HeadDim; slice += Slice, v += BlockPositions * Slice, to += BlockPositions * Slice)",
                () =>
                {
                    if (scaled)
                        WriteScaledSlice(kernels, plan.Values);
                    else
                        WriteCopy(kernels, plan, "count * Slice", "v", $" * {isa.Broadcast(kernels.CacheScale)}");
                }));
    }

    // Keys keep the exponent that widening leaves them with, which queries make up for. Values are what they were.
    private static void WriteCopy(KernelClass kernels, WideningPlan plan, string elements, string from, string factor)
    {
        Dialect isa = plan.Isa;
        kernels.Writer.Block($"for (int i = 0; i < {elements}; i += {plan.Vectors * isa.Lanes})", () =>
        {
            for (int at = 0; at < plan.Vectors * isa.Lanes; at += isa.Lanes)
                kernels.Writer.Line(isa.Store(Code.At("to + i", at), kernels.LoadCache(isa, Code.At(from + " + i", at)) + factor));
        });
    }

    private static void WriteScaledTile(KernelClass kernels, Dialect isa)
    {
        kernels.Writer.Line("float* scales = (float*)(k + (HeadDim * PositionTile));");
        kernels.Writer.Block($"for (int position = 0; position < PositionTile; position += {isa.Lanes})", () =>
        {
            kernels.Writer.Line($"{isa.VectorType} scale = {isa.Load("scales + position")};");
            kernels.Writer.Nested(
                "for (int i = position; i < HeadDim * PositionTile; i += PositionTile)",
                isa.Store("to + i", $"{kernels.LoadCache(isa, "k + i")} * scale"));
        });
    }

    private static void WriteScaledSlice(KernelClass kernels, Dialect isa) =>
        kernels.Writer.Block("for (int position = 0; position < count; position++)", () =>
        {
            kernels.Writer.Line($"{isa.VectorType} scale = {isa.Broadcast("scales[position]")};");
            kernels.Writer.Nested(
                $"for (int i = position * Slice; i < (position + 1) * Slice; i += {isa.Lanes})",
                isa.Store("to + i", $"{kernels.LoadCache(isa, "v + i")} * scale"));
        });
}
