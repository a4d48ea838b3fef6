using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>A block of the cache as floats, brought together from its pages: prefill does it once and reads it for many queries.</summary>
internal static class CacheGathering
{
    public static void Write(KernelClass kernels, GatheringPlan plan)
    {
        Dialect isa = plan.Isa;
        bool scaled = kernels.Plan.Cache.IsScaled;
        SourceWriter writer = kernels.Writer;
        string element = kernels.Plan.Cache.ElementType;
        kernels.Kernel(
            "GatherKeys",
            scaled ? "to = K · key scales" : "to = K",
            "K [pages][tiles, HeadDim, PositionTile] · to [tiles, HeadDim, PositionTile] · count positions, in whole tiles",
            [(element + "**", "pages"), ("long", "head"), ("float*", "to"), ("int", "count")],
            () => Loops.ForPages(writer, () =>
            {
                writer.Line($"{element}* k = pages[page] + head;");
                writer.Block(
                    "for (int tile = begin; tile < end; tile += PositionTile, k += KeyTileElements, to += HeadDim * PositionTile)",
                    () =>
                    {
                        if (scaled)
                            WriteScaledTile(kernels, isa);
                        else
                            WriteCopy(kernels, plan, "HeadDim * PositionTile", "k", "to", "");
                    });
            }));
        kernels.Kernel(
            "GatherValues",
            scaled ? "to = V · value scales" : "to = V",
            "V [pages][slices, PagePositions, Slice] · to [slices, BlockPositions, Slice] · count positions, in whole tiles",
            [(element + "**", "pages"), ("long", "head"), ("float*", "to"), ("int", "count")],
            () => Loops.ForPages(writer, () =>
            {
                writer.Line($"{element}* v = pages[page] + head + ValuesOffset;");
                if (scaled)
                    writer.Line("float* scales = ValueScale(pages[page] + head, 0);");
                writer.Line("float* y = to + (begin * Slice);");
                writer.Block(
                    "for (int slice = 0; slice < HeadDim; slice += Slice, v += PagePositions * Slice, y += BlockPositions * Slice)",
                    () =>
                    {
                        if (scaled)
                            WriteScaledSlice(kernels, plan.Values);
                        else
                            WriteCopy(kernels, plan, "(end - begin) * Slice", "v", "y", kernels.CacheScale);
                    });
            }));
    }

    // Keys keep the exponent that widening leaves them with, which queries make up for. Values are what they were.
    private static void WriteCopy(KernelClass kernels, GatheringPlan plan, string elements, string from, string to, string scale)
    {
        Dialect isa = plan.Isa;
        string factor = scale.Length == 0 ? "" : $" * {isa.Broadcast(scale)}";
        kernels.Writer.Block($"for (int i = 0; i < {elements}; i += {plan.Vectors * isa.Lanes})", () =>
        {
            for (int at = 0; at < plan.Vectors * isa.Lanes; at += isa.Lanes)
                kernels.Writer.Line(isa.Store(Code.At(to + " + i", at), kernels.LoadCache(isa, Code.At(from + " + i", at)) + factor));
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
        kernels.Writer.Block("for (int position = 0; position < end - begin; position++)", () =>
        {
            kernels.Writer.Line($"{isa.VectorType} scale = {isa.Broadcast("scales[position]")};");
            kernels.Writer.Nested(
                $"for (int i = position * Slice; i < (position + 1) * Slice; i += {isa.Lanes})",
                isa.Store("y + i", $"{kernels.LoadCache(isa, "v + i")} * scale"));
        });
}
