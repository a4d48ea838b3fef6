namespace Llamalith.Tests.Training;

/// <summary>A model that trains in seconds.</summary>
[LlamaModel(Dim = 32, FfnDim = 64, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 1024, Context = 256, TiedEmbeddings = true,
    KvCache = KvFormat.F32, Training = true)]
public sealed partial class TinyLlama;

/// <summary>Rows of whole blocks of 256, so that every format holds them.</summary>
[LlamaModel(Dim = 256, FfnDim = 256, Layers = 1, Heads = 4, KvHeads = 2, VocabSize = 1024, Context = 256, TiedEmbeddings = true,
    KvCache = KvFormat.F32, Training = true)]
public sealed partial class WideLlama;
