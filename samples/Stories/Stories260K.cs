namespace Llamalith.Stories;

/// <summary>A Llama of 260 thousand parameters that was trained to tell stories, with two query heads to each key and value head.</summary>
[LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true,
    KvCache = KvFormat.F32)]
public sealed partial class Stories260K;
