namespace Llamalith.KernelChecks.Zoo;

// Every way of sharing keys and values, the usual head dimensions, both cache formats.

[LlamaModel(Dim = 64, FfnDim = 172, Layers = 2, Heads = 8, VocabSize = 512, Context = 128, KvCache = KvFormat.F32)]
internal sealed partial class Mha : IConversation<Mha.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true, KvCache = KvFormat.F32)]
internal sealed partial class Stories260K : IConversation<Stories260K.KvCache>;

/// <summary>The textbook's case: two query heads of 64 share a key and value head.</summary>
[LlamaModel(Dim = 512, FfnDim = 100, Layers = 1, Heads = 8, KvHeads = 4, VocabSize = 321, Context = 128, KvCache = KvFormat.F32)]
internal sealed partial class Textbook : IConversation<Textbook.KvCache>;

/// <summary>Nine query heads over three, as in SmolLM2.</summary>
[LlamaModel(Dim = 144, FfnDim = 96, Layers = 1, Heads = 9, KvHeads = 3, VocabSize = 321, Context = 128)]
internal sealed partial class Gqa3 : IConversation<Gqa3.KvCache>;

[LlamaModel(Dim = 128, FfnDim = 100, Layers = 2, Heads = 8, KvHeads = 2, VocabSize = 321, Context = 300, KvCache = KvFormat.F32)]
internal sealed partial class Gqa4 : IConversation<Gqa4.KvCache>;

/// <summary>Seven query heads a group, half-split rope and biases, as in Qwen2.5 0.5B.</summary>
[LlamaModel(Dim = 112, FfnDim = 100, Layers = 2, Heads = 14, KvHeads = 2, VocabSize = 37, Context = 128, RopeLayout = RopeLayout.HalfSplit, QkvBias = true,
    NormEps = 1e-6, RopeTheta = 1000000, TiedEmbeddings = true, KvCache = KvFormat.F32)]
internal sealed partial class Gqa7 : IConversation<Gqa7.KvCache>;

[LlamaModel(Dim = 256, FfnDim = 172, Layers = 2, Heads = 16, KvHeads = 2, VocabSize = 37, Context = 128)]
internal sealed partial class Gqa8 : IConversation<Gqa8.KvCache>;

/// <summary>As many query heads of 128 a group as in Llama 2 70B.</summary>
[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 8, KvHeads = 1, HeadDim = 128, VocabSize = 37, Context = 128)]
internal sealed partial class Gqa8Head128 : IConversation<Gqa8Head128.KvCache>;

[LlamaModel(Dim = 128, FfnDim = 172, Layers = 2, Heads = 4, KvHeads = 1, VocabSize = 512, Context = 300)]
internal sealed partial class Mqa : IConversation<Mqa.KvCache>;

[LlamaModel(Dim = 128, FfnDim = 100, Layers = 1, Heads = 16, KvHeads = 1, VocabSize = 37, Context = 128, KvCache = KvFormat.F32)]
internal sealed partial class Mqa16 : IConversation<Mqa16.KvCache>;

/// <summary>The head dimension of stories15M.</summary>
[LlamaModel(Dim = 288, FfnDim = 100, Layers = 1, Heads = 6, VocabSize = 321, Context = 128)]
internal sealed partial class Head48 : IConversation<Head48.KvCache>;

[LlamaModel(Dim = 160, FfnDim = 172, Layers = 1, Heads = 2, VocabSize = 37, Context = 128, KvCache = KvFormat.F32)]
internal sealed partial class Head80 : IConversation<Head80.KvCache>;

internal static class AttentionZoo
{
    public static Subject<Mha, Mha.KvCache> Mha { get; } = new(Shapes.Of(64, 172, 2, 8, 8, 512, 128), KvFormat.F32);

    public static Subject<Stories260K, Stories260K.KvCache> Stories260K { get; } =
        new(Shapes.Of(64, 172, 5, 8, 4, 512, 512, tied: true), KvFormat.F32);

    public static Subject<Textbook, Textbook.KvCache> Textbook { get; } = new(Shapes.Of(512, 100, 1, 8, 4, 321, 128), KvFormat.F32);

    public static Subject<Gqa3, Gqa3.KvCache> Gqa3 { get; } = new(Shapes.Of(144, 96, 1, 9, 3, 321, 128), KvFormat.F16);

    public static Subject<Gqa4, Gqa4.KvCache> Gqa4 { get; } = new(Shapes.Of(128, 100, 2, 8, 2, 321, 300), KvFormat.F32);

    public static Subject<Gqa7, Gqa7.KvCache> Gqa7 { get; } =
        new(Shapes.Of(112, 100, 2, 14, 2, 37, 128, tied: true, eps: 1e-6, theta: 1000000, bias: true), KvFormat.F32) { Layout = RopeLayout.HalfSplit };

    public static Subject<Gqa8, Gqa8.KvCache> Gqa8 { get; } = new(Shapes.Of(256, 172, 2, 16, 2, 37, 128), KvFormat.F16);

    public static Subject<Gqa8Head128, Gqa8Head128.KvCache> Gqa8Head128 { get; } =
        new(Shapes.Of(64, 48, 1, 8, 1, 37, 128, headDim: 128), KvFormat.F16);

    public static Subject<Mqa, Mqa.KvCache> Mqa { get; } = new(Shapes.Of(128, 172, 2, 4, 1, 512, 300), KvFormat.F16);

    public static Subject<Mqa16, Mqa16.KvCache> Mqa16 { get; } = new(Shapes.Of(128, 100, 1, 16, 1, 37, 128), KvFormat.F32);

    public static Subject<Head48, Head48.KvCache> Head48 { get; } = new(Shapes.Of(288, 100, 1, 6, 6, 321, 128), KvFormat.F16);

    public static Subject<Head80, Head80.KvCache> Head80 { get; } = new(Shapes.Of(160, 172, 1, 2, 2, 37, 128), KvFormat.F32);
}
