namespace Llamalith.Engines.Kernels;

// Every weight format. Their kernels are many, so the classes are few: one for each length of a block.

/// <summary>Blocks of 32, an odd number of them, a classifier that shares the embedding, and last panels that are not full.</summary>
[LlamaModel(
    Dim = 96, FfnDim = 544, Layers = 2, Heads = 3, KvHeads = 1, VocabSize = 61, Context = 64, TiedEmbeddings = true, KvCache = KvFormat.F32,
    Weights = WeightFormat.Q8_0 | WeightFormat.Q4_0 | WeightFormat.Q4_1 | WeightFormat.Q5_0 | WeightFormat.Q5_1, Isa = Vectors.All)]
internal sealed partial class Blocks32 : IConversation<Blocks32.KvCache>;

/// <summary>Blocks of 256.</summary>
[LlamaModel(Dim = 256, FfnDim = 512, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 61, Context = 64, KvCache = KvFormat.F32,
    Weights = WeightFormat.Q2_K | WeightFormat.Q3_K_M, Isa = Vectors.All)]
internal sealed partial class Blocks256 : IConversation<Blocks256.KvCache>;

/// <summary>Floats of 16 bits, and beside them integers in blocks of 256, which only the rows of one matrix are long enough for.</summary>
[LlamaModel(Dim = 96, FfnDim = 768, Layers = 2, Heads = 3, KvHeads = 1, VocabSize = 61, Context = 64, KvCache = KvFormat.F32,
    Weights = WeightFormat.F16 | WeightFormat.BF16 | WeightFormat.Q6_K, Isa = Vectors.All)]
internal sealed partial class ShortFloats : IConversation<ShortFloats.KvCache>;
