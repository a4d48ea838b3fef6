namespace Llamalith.Engines.Kernels;

// The cache of 8-bit integers: several blocks, every slicing of a head, masks at both ends.

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 2, Heads = 4, VocabSize = 37, Context = 300, KvCache = KvFormat.Int8, Isa = Vectors.Wide)]
internal sealed partial class Int8Mha : IConversation<Int8Mha.KvCache>;

/// <summary>Three blocks of the cache, and as many query heads of 128 a group as in Llama 2 70B.</summary>
[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 8, KvHeads = 1, HeadDim = 128, VocabSize = 37, Context = 600,
    KvCache = KvFormat.Int8, Isa = Vectors.Narrow | Isa.Scalar)]
internal sealed partial class Int8Gqa8 : IConversation<Int8Gqa8.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 2, Heads = 6, KvHeads = 2, HeadDim = 64, VocabSize = 37, Context = 600, SlidingWindow = 70,
    KvCache = KvFormat.Int8, Isa = Vectors.Wide | Vectors.Narrow)]
internal sealed partial class Int8Window : IConversation<Int8Window.KvCache>;

/// <summary>Heads of twelve, which only the narrowest vectors divide, and biases.</summary>
[LlamaModel(Dim = 36, FfnDim = 53, Layers = 1, Heads = 3, HeadDim = 12, VocabSize = 41, Context = 45, RopeLayout = RopeLayout.HalfSplit,
    QkvBias = true, KvCache = KvFormat.Int8, Isa = Vectors.All)]
internal sealed partial class Int8Odd : IConversation<Int8Odd.KvCache>;
