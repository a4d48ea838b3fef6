using Llamalith.Engines;
using Llamalith.Engines.Kernels;

namespace Llamalith.KernelChecks.Zoo;

internal static class TailZoo
{
    public static Subject<Head6, Head6.KvCache> Head6 { get; } = new(Shapes.Of(24, 7, 2, 4, 2, 37, 17), KvFormat.F32);

    public static Subject<Head20, Head20.KvCache> Head20
    {
        get;
    } = new(Shapes.Of(40, 100, 1, 2, 1, 321, 128), KvFormat.F16) { Isa = Vectors.Wide };

    public static Subject<WideHeads, WideHeads.KvCache> WideHeads { get; } =
        new(Shapes.Of(36, 7, 2, 2, 1, 37, 128, headDim: 16), KvFormat.F32) { Isa = Vectors.Wide };

    public static Subject<NarrowHeads, NarrowHeads.KvCache> NarrowHeads { get; } =
        new(Shapes.Of(36, 53, 1, 3, 3, 41, 45, headDim: 10, bias: true), KvFormat.F16) { Isa = Vectors.Narrow,
            Layout = RopeLayout.HalfSplit };

    public static Subject<Smallest, Smallest.KvCache> Smallest { get; } = new(Shapes.Of(2, 1, 1, 1, 1, 2, 2), KvFormat.F32);

    public static Subject<OddWidths, OddWidths.KvCache> OddWidths { get; } =
        new(Shapes.Of(33, 31, 2, 3, 1, 101, 67, headDim: 34), KvFormat.F16);

    public static Subject<LongContext, LongContext.KvCache> LongContext
    {
        get;
    } = new(Shapes.Of(32, 48, 1, 4, 2, 37, 1000), KvFormat.F16) { Isa = Vectors.Wide };
}
