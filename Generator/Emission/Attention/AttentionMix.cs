using System.Linq;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>The values of a block, weighted by some rows of softmax weights: each load of V serves all rows.</summary>
internal static class AttentionMix
{
    public static void Write(KernelClass kernels, MixPlan plan)
    {
        int slice = kernels.Plan.Cache.Slice;
        SourceWriter writer = kernels.Writer;
        (AttentionForm form, MixTile tile) = (plan.Form, plan.Tile);
        int elements = tile.Vectors * plan.Isa.Lanes;
        bool oneSlice = slice == kernels.Plan.Spec.HeadDim;
        string element = form.ReadsPages ? kernels.Plan.Cache.ElementType : "float";
        string places = form.ReadsPages ? "[pages][slices, PagePositions, Slice]" : "[slices, BlockPositions, Slice]";
        kernels.Kernel(
            form.Name + "Mix",
            form.CarriesOn ? "mixed = mixed · scale + weights · V" : "mixed = weights · V",
            $"weights [{form.Rows}, BlockPositions] · V {places} · mixed [{form.Rows}, HeadDim]"
                + $" · tile {tile.Rows} rows x {elements} elements x {tile.Chains} positions · {tile.Accumulators} accumulators",
            [
                ("float*", "weights"),
                .. form.ReadsPages ? new[] { (element + "**", "pages"), ("long", "values") } : [(element + "*", "v")],
                ("float*", "mixed"),
                .. form.CarriesOn ? new[] { ("float*", "scale") } : [],
                ("int", "count"),
            ],
            () => Loops.ForPieces(writer, "slice", slice, "HeadDim", oneSlice, _ =>
            {
                Loops.ForPieces(writer, "part", elements, "Slice", elements == slice, part =>
                    Loops.ForPieces(writer, "row", tile.Rows, Code.Int(form.Rows), form.Rows == tile.Rows, row =>
                        WriteTile(kernels, plan, element, (oneSlice ? "" : " + slice") + (part == "0" ? "" : " + part"), part, row)));
                if (!oneSlice)
                    writer.Line(form.ReadsPages ? "values += PagePositions * Slice;" : "v += BlockPositions * Slice;");
            }));
    }

    private static void WriteTile(KernelClass kernels, MixPlan plan, string element, string place, string part, string row)
    {
        Dialect isa = plan.Isa;
        SourceWriter writer = kernels.Writer;
        (AttentionForm form, MixTile tile) = (plan.Form, plan.Tile);
        string vec = isa.VectorType;
        static string Accumulator(int s, int r, int v) => $"a{s}_{r}_{v}";
        string Mixed(int r, int v) => Code.At("to", Loops.Offset(r, "HeadDim", v * isa.Lanes));
        writer.Line($"float* to = mixed{place}{(row == "0" ? "" : $" + ({row} * HeadDim)")};");
        for (int r = 0; r < tile.Rows; r++)
        {
            if (form.CarriesOn)
                writer.Line($"{vec} f{r} = {isa.Broadcast($"scale[{(row == "0" ? "" : row + " + ")}{r}]")};");
            for (int s = 0; s < tile.Chains; s++)
            {
                string First(int v) => form.CarriesOn && s == 0 ? $"{isa.Load(Mixed(r, v))} * f{r}" : isa.Zero;
                writer.Line($"{vec} {Enumerable.Range(0, tile.Vectors).Select(v => $"{Accumulator(s, r, v)} = {First(v)}").Join(", ")};");
            }
        }

        writer.Line($"float* p = weights{(row == "0" ? "" : $" + ({row} * BlockPositions)")};");
        if (form.ReadsPages)
            Loops.ForPages(writer, () => WriteStream(Code.At("pages[page] + values", part), "end - begin"));
        else
            WriteStream(Code.At("v", part), "count");
        for (int r = 0; r < tile.Rows; r++)
        {
            for (int v = 0; v < tile.Vectors; v++)
                writer.Line(isa.Store(Mixed(r, v), Loops.Sum(tile.Chains, s => Accumulator(s, r, v))));
        }

        // What is left over by whole turns is of the last positions.
        void WriteStream(string from, string count)
        {
            writer.Line($"{element}* vp = {from};");
            writer.Line($"int left = {count};");
            WriteSteps(tile.Chains);
            if (tile.Chains > 1)
                WriteSteps(1);
        }

        void WriteSteps(int steps)
        {
            string loop = steps == 1
                ? "for (; left > 0; left--, p++, vp += Slice)"
                : $"for (; left >= {steps}; left -= {steps}, p += {steps}, vp += {steps} * Slice)";
            writer.Block(loop, () =>
            {
                CacheLayout cache = kernels.Plan.Cache;
                int bytes = tile.Vectors * isa.Lanes * cache.ElementBytes;
                if (steps == tile.Chains)
                    Loops.Prefetch(writer, kernels.Isa, plan.ReadAhead, "vp", bytes, steps, cache.Slice * cache.ElementBytes);
                for (int s = 0; s < steps; s++)
                    WriteStep(s);
            });
        }

        void WriteStep(int s)
        {
            for (int v = 0; v < tile.Vectors; v++)
            {
                string at = Code.At("vp", Loops.Offset(s, "Slice", v * isa.Lanes));
                writer.Line($"{vec} v{s}_{v} = {(form.ReadsPages ? kernels.LoadCache(isa, at) : isa.Load(at))};");
            }

            for (int r = 0; r < tile.Rows; r++)
            {
                writer.Line($"{vec} b{s}_{r} = {isa.Broadcast($"p[{Loops.Offset(r, "BlockPositions", s)}]")};");
                for (int v = 0; v < tile.Vectors; v++)
                    writer.Line($"{Accumulator(s, r, v)} = {isa.Fma($"v{s}_{v}", $"b{s}_{r}", Accumulator(s, r, v))};");
            }
        }
    }
}
