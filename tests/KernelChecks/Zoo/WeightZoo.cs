using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.KernelChecks.Zoo;

// Every weight format. Their kernels are many, so the classes are few: one for each length of a block.

/// <summary>Blocks of 32, an odd number of them, a classifier that shares the embedding, and last panels that are not full.</summary>
[LlamaModel(Dim = 96, FfnDim = 544, Layers = 2, Heads = 3, KvHeads = 1, VocabSize = 61, Context = 64, TiedEmbeddings = true, KvCache = KvFormat.F32,
    Weights = WeightFormat.Q8_0 | WeightFormat.Q4_0 | WeightFormat.Q4_1 | WeightFormat.Q5_0 | WeightFormat.Q5_1)]
internal sealed partial class Blocks32 : IConversation<Blocks32.KvCache>;

/// <summary>Blocks of 256.</summary>
[LlamaModel(Dim = 256, FfnDim = 512, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 61, Context = 64, KvCache = KvFormat.F32,
    Weights = WeightFormat.Q2_K | WeightFormat.Q3_K_M)]
internal sealed partial class Blocks256 : IConversation<Blocks256.KvCache>;

/// <summary>Floats of 16 bits, and beside them integers in blocks of 256, which only the rows of one matrix are long enough for.</summary>
[LlamaModel(Dim = 96, FfnDim = 768, Layers = 2, Heads = 3, KvHeads = 1, VocabSize = 61, Context = 64, KvCache = KvFormat.F32,
    Weights = WeightFormat.F16 | WeightFormat.BF16 | WeightFormat.Q6_K)]
internal sealed partial class ShortFloats : IConversation<ShortFloats.KvCache>;

internal static class WeightZoo
{
    public static Subject<Blocks32, Blocks32.KvCache> Blocks32 { get; } = new(Shapes.Of(96, 544, 2, 3, 1, 61, 64, tied: true), KvFormat.F32);

    public static Subject<Blocks256, Blocks256.KvCache> Blocks256 { get; } = new(Shapes.Of(256, 512, 2, 4, 2, 61, 64), KvFormat.F32);

    public static Subject<ShortFloats, ShortFloats.KvCache> ShortFloats { get; } = new(Shapes.Of(96, 768, 2, 3, 1, 61, 64), KvFormat.F32);

    public static FormatMix[] Mixes32 { get; } = FormatMix.Rotate(TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1);

    public static FormatMix[] Mixes256 { get; } = FormatMix.Rotate(TensorType.Q2_K, TensorType.Q3_K, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K);

    /// <summary>Floats alone, and floats but for the one matrix whose rows are long enough.</summary>
    public static FormatMix[] FloatMixes { get; } =
    [
        .. FormatMix.Rotate(TensorType.F16, TensorType.BF16),
        .. FormatMix.Rotate(TensorType.F16, TensorType.BF16).Select(mix => mix.With(TensorNames.Down, TensorType.Q6_K)),
    ];
}
