namespace Llamalith.StoryTraining.Models;

/// <summary>The model that is trained: two query heads to each key and value head, embeddings tied.</summary>
[LlamaModel(Dim = 128, FfnDim = 352, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 2048, Context = 256, TiedEmbeddings = true,
    KvCache = KvFormat.F32, Training = true)]
public sealed partial class StoryLlama;
