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
    public static void Write(KernelClass kernels, AttentionForm form)
    {
        Dialect isa = kernels.Isa;
        SourceWriter writer = kernels.Writer;
        string vec = isa.VectorType;

        // Weights take the values' scales along, or restore their exponent: if the result did, sums of small weights would be subnormal
        // on the way, which is slow. For the same reason, where whole stretches are masked they weigh nothing at all, not 2^-126.
        bool scaled = form.Widens && kernels.Plan.Cache.IsScaled;
        string exponent = form.Widens ? kernels.CacheScale(isa.Fit(kernels.Plan.Cache.Slice)) : "1f";
        string factor = exponent != "1f" ? $" * {isa.Broadcast(exponent)}" : "";
        string nothing = kernels.Plan.Visible.Forgets ? $" - {isa.Broadcast(Code.Float(System.Math.Pow(2, -126)))}" : "";
        kernels.Kernel(
            form.Name + "Softmax",
            $"scores = 2^(scores - max){(scaled ? " · value scales" : "")}" + (form.CarriesOn ? "; sum = sum · scale + Σ scores; scale = 2^(max before - max)" : "; sum = Σ 2^(scores - max)"),
            $"scores [{form.Rows}, BlockPositions] · max, sum{(form.CarriesOn ? ", scale" : "")} [{form.Rows}] · count is a multiple of PositionTile, masked scores are -∞",
            [("float*", "scores"), .. scaled ? new[] { ("float*", "valueScales") } : [], ("float*", "max"), ("float*", "sum"), .. form.CarriesOn ? new[] { ("float*", "scale") } : [], ("int", "count")],
            () => writer.Block($"for (int row = 0; row < {form.Rows}; row++, scores += BlockPositions)", () =>
            {
                if (form.CarriesOn)
                    writer.Line("float before = max[row];");

                // Several chains, since one would wait for itself.
                int chains = System.Math.Min(4, CacheLayout.PositionTile / isa.Lanes);
                string At(int chain) => Code.At("scores + i", chain * isa.Lanes);
                void EachVector(System.Action<int> body) => writer.Block($"for (int i = 0; i < count; i += {Code.Int(chains * isa.Lanes)})", () =>
                {
                    for (int chain = 0; chain < chains; chain++)
                        body(chain);
                });
                string Reduced(string name, System.Func<string, string, string> combine) =>
                    Enumerable.Range(0, chains).Select(chain => name + chain).Aggregate(combine);

                writer.Line($"{vec} {Enumerable.Range(0, chains).Select(chain => $"top{chain} = {isa.Broadcast(form.CarriesOn ? "before" : "LowestMax")}").Join(", ")};");
                EachVector(chain => writer.Line($"top{chain} = {isa.Max($"top{chain}", isa.Load(At(chain)))};"));
                writer.Line($"float now = LargestLane({Reduced("top", isa.Max)});");
                writer.Line($"{vec} top = {isa.Broadcast("now")};");
                writer.Line($"{vec} {Enumerable.Range(0, chains).Select(chain => $"total{chain} = {isa.Zero}").Join(", ")};");
                EachVector(chain =>
                {
                    writer.Line($"{vec} weight{chain} = Exp2({isa.Load(At(chain))} - top){nothing};");
                    writer.Line($"total{chain} += weight{chain};");
                    writer.Line(isa.Store(At(chain), $"weight{chain}" + (scaled ? $" * {isa.Load(Code.At("valueScales + i", chain * isa.Lanes))}" : factor)));
                });
                string total = isa.ReduceSum(Reduced("total", (a, b) => $"({a} + {b})"));
                writer.Line("max[row] = now;");
                if (!form.CarriesOn)
                {
                    writer.Line($"sum[row] = {total};");
                    return;
                }

                writer.Line($"float shrink = {(isa.Lanes == 1 ? "Exp2(before - now)" : $"V{isa.Lanes * 32}.ToScalar(Exp2({isa.Broadcast("before - now")}))")};");
                writer.Line("scale[row] = shrink;");
                writer.Line($"sum[row] = (sum[row] * shrink) + {total};");
            }));
    }
}
