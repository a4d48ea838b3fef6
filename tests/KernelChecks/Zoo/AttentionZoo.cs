using Llamalith.Engines;
using Llamalith.Engines.Kernels;

namespace Llamalith.KernelChecks.Zoo;

internal static class AttentionZoo
{
    public static Subject<Mha, Mha.KvCache> Mha { get; } = new(Shapes.Of(64, 172, 2, 8, 8, 512, 128), KvFormat.F32);

    public static Subject<Stories260K, Stories260K.KvCache> Stories260K { get; } =
        new(Shapes.Of(64, 172, 5, 8, 4, 512, 512, tied: true), KvFormat.F32);

    public static Subject<Textbook, Textbook.KvCache> Textbook
    {
        get;
    } = new(Shapes.Of(512, 100, 1, 8, 4, 321, 128), KvFormat.F32) { Isa = Vectors.Wide };

    public static Subject<Gqa3, Gqa3.KvCache> Gqa3
    {
        get;
    } = new(Shapes.Of(144, 96, 1, 9, 3, 321, 128), KvFormat.F16) { Isa = Vectors.Narrow };

    public static Subject<Gqa4, Gqa4.KvCache> Gqa4
    {
        get;
    } = new(Shapes.Of(128, 100, 2, 8, 2, 321, 300), KvFormat.F32) { Isa = Vectors.Wide };

    public static Subject<Gqa7, Gqa7.KvCache> Gqa7 { get; } =
        new(Shapes.Of(112, 100, 2, 14, 2, 37, 128, tied: true, eps: 1e-6, theta: 1000000, bias: true),
            KvFormat.F32) { Layout = RopeLayout.HalfSplit };

    public static Subject<Gqa8, Gqa8.KvCache> Gqa8
    {
        get;
    } = new(Shapes.Of(256, 172, 2, 16, 2, 37, 128), KvFormat.F16) { Isa = Vectors.Narrow };

    public static Subject<Gqa8Head128, Gqa8Head128.KvCache> Gqa8Head128 { get; } =
        new(Shapes.Of(64, 48, 1, 8, 1, 37, 128, headDim: 128), KvFormat.F16) { Isa = Vectors.Wide };

    public static Subject<Mqa, Mqa.KvCache> Mqa
    {
        get;
    } = new(Shapes.Of(128, 172, 2, 4, 1, 512, 300), KvFormat.F16) { Isa = Vectors.Narrow };

    public static Subject<Mqa16, Mqa16.KvCache> Mqa16 { get; } = new(Shapes.Of(128, 100, 1, 16, 1, 37, 128), KvFormat.F32);

    public static Subject<Head48, Head48.KvCache> Head48
    {
        get;
    } = new(Shapes.Of(288, 100, 1, 6, 6, 321, 128), KvFormat.F16) { Isa = Vectors.Wide };

    public static Subject<Head80, Head80.KvCache> Head80
    {
        get;
    } = new(Shapes.Of(160, 172, 1, 2, 2, 37, 128), KvFormat.F32) { Isa = Vectors.Narrow };
}
