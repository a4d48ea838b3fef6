using System.Linq;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>The values of a block, weighted by some rows of softmax weights: each load of V serves all rows.</summary>
internal static class AttentionMix
{
    public static void Write(KernelClass kernels, AttentionForm form)
    {
        int slice = kernels.Plan.Cache.Slice;
        Dialect isa = kernels.Isa.Fit(slice);
        SourceWriter writer = kernels.Writer;
        MixTile tile = KernelTiles.Mix(isa, form, slice);
        int elements = tile.Vectors * isa.Lanes;
        bool oneSlice = slice == kernels.Plan.Spec.HeadDim;
        string element = form.Widens ? kernels.Plan.Cache.ElementType : "float";
        kernels.Kernel(
            form.Name + "Mix",
            form.CarriesOn ? "mixed = mixed · scale + weights · V" : "mixed = weights · V",
            $"weights [{form.Rows}, BlockPositions] · V [slices, BlockPositions, Slice] · mixed [{form.Rows}, HeadDim] · tile {tile.Rows} rows x {elements} elements x {tile.Steps} positions · {tile.Rows * tile.Vectors * tile.Steps} accumulators",
            [("float*", "weights"), (element + "*", "v"), ("float*", "mixed"), .. form.CarriesOn ? new[] { ("float*", "scale") } : [], ("int", "count")],
            () => Loops.ForPieces(writer, "slice", slice, "HeadDim", oneSlice, _ =>
            {
                Loops.ForPieces(writer, "part", elements, "Slice", elements == slice, part =>
                    Loops.ForPieces(writer, "row", tile.Rows, Code.Int(form.Rows), form.Rows == tile.Rows, row =>
                        WriteTile(kernels, form, tile, element, (oneSlice ? "" : " + slice") + (part == "0" ? "" : " + part"), part, row)));
                if (!oneSlice)
                    writer.Line("v += BlockPositions * Slice;");
            }));
    }

    private static void WriteTile(KernelClass kernels, AttentionForm form, MixTile tile, string element, string place, string part, string row)
    {
        Dialect isa = kernels.Isa.Fit(kernels.Plan.Cache.Slice);
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;
        static string Accumulator(int s, int r, int v) => $"a{s}_{r}_{v}";
        string Mixed(int r, int v) => Code.At("to", Loops.Offset(r, "HeadDim", v * isa.Lanes));
        writer.Line($"float* to = mixed{place}{(row == "0" ? "" : $" + ({row} * HeadDim)")};");
        for (int r = 0; r < tile.Rows; r++)
        {
            if (form.CarriesOn)
                writer.Line($"{vec} f{r} = {isa.Broadcast($"scale[{(row == "0" ? "" : row + " + ")}{r}]")};");
            for (int s = 0; s < tile.Steps; s++)
                writer.Line($"{vec} {Enumerable.Range(0, tile.Vectors).Select(v => $"{Accumulator(s, r, v)} = {(form.CarriesOn && s == 0 ? $"{isa.Load(Mixed(r, v))} * f{r}" : isa.Zero)}").Join(", ")};");
        }

        writer.Line($"{element}* vp = {Code.At("v", part)};");
        writer.Line($"float* p = weights{(row == "0" ? "" : $" + ({row} * BlockPositions)")};");
        writer.Line("int left = count;");
        WriteSteps(tile.Steps);
        if (tile.Steps > 1)
            WriteSteps(1);
        for (int r = 0; r < tile.Rows; r++)
        {
            for (int v = 0; v < tile.Vectors; v++)
                writer.Line(isa.Store(Mixed(r, v), Loops.Sum(tile.Steps, s => Accumulator(s, r, v))));
        }

        void WriteSteps(int steps) => writer.Block(steps == 1 ? "for (; left > 0; left--, p++, vp += Slice)" : $"for (; left >= {steps}; left -= {steps}, p += {steps}, vp += {steps} * Slice)", () =>
        {
            if (steps == tile.Steps && !form.CarriesOn)
                Loops.Prefetch(kernels, "vp", tile.Vectors * isa.Lanes * kernels.Plan.Cache.ElementBytes, steps, kernels.Plan.Cache.Slice * kernels.Plan.Cache.ElementBytes);
            for (int s = 0; s < steps; s++)
            {
                for (int v = 0; v < tile.Vectors; v++)
                {
                    string at = Code.At("vp", Loops.Offset(s, "Slice", v * isa.Lanes));
                    writer.Line($"{vec} v{s}_{v} = {(form.Widens ? kernels.LoadCache(isa, at) : isa.Load(at))};");
                }

                for (int r = 0; r < tile.Rows; r++)
                {
                    writer.Line($"{vec} b{s}_{r} = {isa.Broadcast($"p[{Loops.Offset(r, "BlockPositions", s)}]")};");
                    for (int v = 0; v < tile.Vectors; v++)
                        writer.Line($"{Accumulator(s, r, v)} = {isa.Fma($"v{s}_{v}", $"b{s}_{r}", Accumulator(s, r, v))};");
                }
            }
        });
    }
}
