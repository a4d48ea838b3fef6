namespace Llamalith.Stories;

/// <summary>The default model, built into the program: Model/README.md says what it is and how it was made.</summary>
[LlamaModel(
    Dim = 128, FfnDim = 352, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 2048, Context = 256, TiedEmbeddings = true,
    KvCache = KvFormat.F32,
    Weights = WeightFormat.F32 | WeightFormat.Q8_0, EmbeddedWeights = "Model/fable.gguf")]
public sealed partial class Fable
{
    /// <summary>What the weights are called inside the program.</summary>
    public const string WeightsName = "Model/fable.gguf";
}
