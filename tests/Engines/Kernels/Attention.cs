namespace Llamalith.Engines.Kernels;

// Every way of sharing keys and values, the usual head dimensions, the cache's formats.
//
// What is emitted depends on a pair of these at most: an instruction set with the number of query heads that share a load, with how
// a head is cut into vectors, with the cache's format. So all pairs are covered, not all products: a class is compiled for one
// set of vectors, and its like for the other (CheckTableTests says which pairs there must be). Classes small enough for emulated
// machines, and those of many threads and odd sizes, are compiled for all.

[LlamaModel(Dim = 64, FfnDim = 172, Layers = 2, Heads = 8, VocabSize = 512, Context = 128, KvCache = KvFormat.F32, Isa = Vectors.All)]
internal sealed partial class Mha : IConversation<Mha.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true,
    KvCache = KvFormat.F32, Isa = Vectors.All)]
internal sealed partial class Stories260K : IConversation<Stories260K.KvCache>;

/// <summary>The textbook's case: two query heads of 64 share a key and value head.</summary>
[LlamaModel(Dim = 512, FfnDim = 100, Layers = 1, Heads = 8, KvHeads = 4, VocabSize = 321, Context = 128, KvCache = KvFormat.F32,
    Isa = Vectors.Wide)]
internal sealed partial class Textbook : IConversation<Textbook.KvCache>;

/// <summary>Nine query heads over three, as in SmolLM2.</summary>
[LlamaModel(Dim = 144, FfnDim = 96, Layers = 1, Heads = 9, KvHeads = 3, VocabSize = 321, Context = 128, Isa = Vectors.Narrow)]
internal sealed partial class Gqa3 : IConversation<Gqa3.KvCache>;

[LlamaModel(Dim = 128, FfnDim = 100, Layers = 2, Heads = 8, KvHeads = 2, VocabSize = 321, Context = 300, KvCache = KvFormat.F32,
    Isa = Vectors.Wide)]
internal sealed partial class Gqa4 : IConversation<Gqa4.KvCache>;

/// <summary>Seven query heads a group, half-split rope and biases, as in Qwen2.5 0.5B.</summary>
[LlamaModel(Dim = 112, FfnDim = 100, Layers = 2, Heads = 14, KvHeads = 2, VocabSize = 37, Context = 128, RopeLayout = RopeLayout.HalfSplit,
    QkvBias = true,
    NormEps = 1e-6, RopeTheta = 1000000, TiedEmbeddings = true, KvCache = KvFormat.F32, Isa = Vectors.All)]
internal sealed partial class Gqa7 : IConversation<Gqa7.KvCache>;

[LlamaModel(Dim = 256, FfnDim = 172, Layers = 2, Heads = 16, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Vectors.Narrow)]
internal sealed partial class Gqa8 : IConversation<Gqa8.KvCache>;

/// <summary>As many query heads of 128 a group as in Llama 2 70B.</summary>
[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 8, KvHeads = 1, HeadDim = 128, VocabSize = 37, Context = 128, Isa = Vectors.Wide)]
internal sealed partial class Gqa8Head128 : IConversation<Gqa8Head128.KvCache>;

[LlamaModel(Dim = 128, FfnDim = 172, Layers = 2, Heads = 4, KvHeads = 1, VocabSize = 512, Context = 300, Isa = Vectors.Narrow)]
internal sealed partial class Mqa : IConversation<Mqa.KvCache>;

[LlamaModel(
    Dim = 128, FfnDim = 100, Layers = 1, Heads = 16, KvHeads = 1, VocabSize = 37, Context = 128, KvCache = KvFormat.F32, Isa = Vectors.All)]
internal sealed partial class Mqa16 : IConversation<Mqa16.KvCache>;

/// <summary>The head dimension of stories15M.</summary>
[LlamaModel(Dim = 288, FfnDim = 100, Layers = 1, Heads = 6, VocabSize = 321, Context = 128, Isa = Vectors.Wide)]
internal sealed partial class Head48 : IConversation<Head48.KvCache>;

[LlamaModel(Dim = 160, FfnDim = 172, Layers = 1, Heads = 2, VocabSize = 37, Context = 128, KvCache = KvFormat.F32, Isa = Vectors.Narrow)]
internal sealed partial class Head80 : IConversation<Head80.KvCache>;
