using System.Linq;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.Reference;

namespace Llamalith.KernelChecks.Zoo;

internal static class WeightZoo
{
    public static Subject<Blocks32, Blocks32.KvCache> Blocks32
    {
        get;
    } = new(Shapes.Of(96, 544, 2, 3, 1, 61, 64, tied: true), KvFormat.F32);

    public static Subject<Blocks256, Blocks256.KvCache> Blocks256 { get; } = new(Shapes.Of(256, 512, 2, 4, 2, 61, 64), KvFormat.F32);

    public static Subject<ShortFloats, ShortFloats.KvCache> ShortFloats { get; } = new(Shapes.Of(96, 768, 2, 3, 1, 61, 64), KvFormat.F32);

    public static FormatMix[] Mixes32
    {
        get;
    } = FormatMix.Rotate(TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1);

    public static FormatMix[] Mixes256
    {
        get;
    } = FormatMix.Rotate(TensorType.Q2_K, TensorType.Q3_K, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K);

    /// <summary>Floats alone, and floats but for the one matrix whose rows are long enough.</summary>
    public static FormatMix[] FloatMixes { get; } =
    [
        .. FormatMix.Rotate(TensorType.F16, TensorType.BF16),
        .. FormatMix.Rotate(TensorType.F16, TensorType.BF16).Select(mix => mix.With(LayerNames.Down, TensorType.Q6_K)),
    ];
}
