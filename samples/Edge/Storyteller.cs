namespace Llamalith.Edge;

/// <summary>
/// The model that this program is compiled for, weights and all: samples/Stories/Model says what it is and how it was made.
/// </summary>
[LlamaModel(
    Dim = 128, FfnDim = 352, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 2048, Context = 256, TiedEmbeddings = true,
    KvCache = KvFormat.F32,
    Weights = WeightFormat.F32 | WeightFormat.Q8_0, EmbeddedWeights = WeightsName)]
[Prompt("story", "[INST] Tell a story. [/INST]")]
internal sealed partial class Storyteller
{
    /// <summary>The weights: their file when this is built, their name within the program.</summary>
    public const string WeightsName = "../Stories/Model/fable.gguf";
}
