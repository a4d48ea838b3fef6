namespace Llamalith.Edge;

/// <summary>The model that this program is compiled for.</summary>
[LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true)]
internal sealed partial class Storyteller;
