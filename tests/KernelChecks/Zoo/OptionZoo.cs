using Llamalith.Engines;
using Llamalith.Engines.Kernels;

namespace Llamalith.KernelChecks.Zoo;

internal static class OptionZoo
{
    public static Subject<Window33, Window33.KvCache> Window33 { get; } =
        new(Shapes.Of(64, 48, 2, 4, 2, 37, 300, window: 33), KvFormat.F32) { Isa = Vectors.Narrow | Isa.Scalar };

    public static Subject<Window128, Window128.KvCache> Window128 { get; } =
        new(Shapes.Of(64, 48, 1, 4, 1, 37, 300, window: 128), KvFormat.F16) { Isa = Vectors.Wide | Isa.Scalar };

    public static Subject<Window1, Window1.KvCache> Window1 { get; } =
        new(Shapes.Of(64, 48, 2, 4, 4, 37, 64, window: 1), KvFormat.F16) { Isa = Vectors.Narrow | Isa.Scalar };

    public static Subject<Llama3Rope, Llama3Rope.KvCache> Llama3Rope { get; } =
        new(Shapes.Of(64, 48, 1, 2, 2, 37, 300, scaling: RopeScaling.Llama3, factor: 32, low: 2, high: 6, original: 256), KvFormat.F32)
        {
            Isa = Vectors.Wide | Isa.Scalar,
            Layout = RopeLayout.HalfSplit,
        };

    public static Subject<Llama3RopeDefaults, Llama3RopeDefaults.KvCache> Llama3RopeDefaults { get; } =
        new(Shapes.Of(64, 48, 1, 2, 1, 37, 128, theta: 500000, scaling: RopeScaling.Llama3, factor: 8, low: 1, high: 4, original: 100),
            KvFormat.F32) { Isa = Vectors.Narrow | Isa.Scalar };

    public static Subject<LinearRope, LinearRope.KvCache> LinearRope { get; } =
        new(Shapes.Of(64, 48, 1, 4, 4, 37, 128, scaling: RopeScaling.Linear, factor: 4),
            KvFormat.F32) { Isa = Vectors.Narrow | Isa.Scalar };

    public static Subject<LargeEpsilon, LargeEpsilon.KvCache> LargeEpsilon { get; } =
        new(Shapes.Of(64, 48, 1, 4, 4, 37, 64, tied: true, eps: 0.25, theta: 100, window: 4096),
            KvFormat.F32) { Isa = Vectors.Wide | Isa.Scalar };

    public static Subject<OnlyScalar, OnlyScalar.KvCache> OnlyScalar { get; } =
        new(Shapes.Of(40, 100, 2, 4, 2, 37, 128), KvFormat.F32) { Isa = Isa.Scalar };

    public static Subject<OnlyAvx2, OnlyAvx2.KvCache> OnlyAvx2 { get; } =
        new(Shapes.Of(40, 100, 2, 4, 2, 37, 128), KvFormat.F16) { Isa = Isa.Avx2 };

    public static Subject<OnlyAvx512, OnlyAvx512.KvCache> OnlyAvx512 { get; } =
        new(Shapes.Of(40, 100, 2, 4, 2, 37, 128), KvFormat.F16) { Isa = Isa.Avx512 };

    public static Subject<OnlyNeon, OnlyNeon.KvCache> OnlyNeon { get; } =
        new(Shapes.Of(40, 100, 2, 4, 2, 37, 128), KvFormat.F16) { Isa = Isa.Neon };
}
