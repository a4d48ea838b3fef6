using Llamalith.Engines;
using Llamalith.Engines.Kernels;

namespace Llamalith.KernelChecks.Zoo;

internal static class CacheZoo
{
    public static Subject<Int8Mha, Int8Mha.KvCache> Int8Mha
    {
        get;
    } = new(Shapes.Of(64, 48, 2, 4, 4, 37, 300), KvFormat.Int8) { Isa = Vectors.Wide };

    public static Subject<Int8Gqa8, Int8Gqa8.KvCache> Int8Gqa8
    {
        get;
    } = new(Shapes.Of(64, 48, 1, 8, 1, 37, 600, headDim: 128), KvFormat.Int8) { Isa = Vectors.Narrow | Isa.Scalar };

    public static Subject<Int8Window, Int8Window.KvCache> Int8Window { get; } =
        new(Shapes.Of(64, 48, 2, 6, 2, 37, 600, headDim: 64, window: 70), KvFormat.Int8) { Isa = Vectors.Wide | Vectors.Narrow };

    public static Subject<Int8Odd, Int8Odd.KvCache> Int8Odd { get; } =
        new(Shapes.Of(36, 53, 1, 3, 3, 41, 45, headDim: 12, bias: true), KvFormat.Int8) { Layout = RopeLayout.HalfSplit };
}
