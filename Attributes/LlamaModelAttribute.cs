using System;

namespace Llamalith;

/// <summary>
/// Turns a partial class into an engine for exactly one Llama model. A size left out comes from <see cref="Preset"/>,
/// else from the default said at the property.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false, Inherited = false)]
public sealed class LlamaModelAttribute : Attribute
{
    /// <summary>An engine whose sizes are all spelled out.</summary>
    public LlamaModelAttribute()
    {
    }

    /// <summary>An engine of a published model; any property set beside it overrides the preset.</summary>
    public LlamaModelAttribute(LlamaPreset preset) => Preset = preset;

    /// <summary>The published model whose sizes are the defaults.</summary>
    public LlamaPreset Preset { get; }

    /// <summary>
    /// A model file or folder of any format that Llamalith reads, named from the project's folder on: what it says are the defaults of all
    /// hyperparameters and of <see cref="Weights"/>, of <see cref="Context"/> no more than 8192. The build writes what it read to
    /// NAME.llamalith.json beside the project, which stands for the file where that is missing. What is set beside it overrides it, and
    /// must still fit the file. Default: none.
    /// </summary>
    public string? From { get; set; }

    /// <summary>Width of the residual stream (hidden_size, embedding_length).</summary>
    public int Dim { get; set; }

    /// <summary>Inner width of the feed-forward network (intermediate_size, feed_forward_length).</summary>
    public int FfnDim { get; set; }

    /// <summary>Number of transformer layers (num_hidden_layers, block_count).</summary>
    public int Layers { get; set; }

    /// <summary>Number of query heads (num_attention_heads, attention.head_count).</summary>
    public int Heads { get; set; }

    /// <summary>Number of key and value heads; default <see cref="Heads"/> (multi-head attention).</summary>
    public int KvHeads { get; set; }

    /// <summary>Width of one head; default <see cref="Dim"/> / <see cref="Heads"/>.</summary>
    public int HeadDim { get; set; }

    /// <summary>Number of tokens in the vocabulary.</summary>
    public int VocabSize { get; set; }

    /// <summary>Most positions a sequence can have; default 4096.</summary>
    public int Context { get; set; }

    /// <summary>Epsilon under the root of RMSNorm; default 1e-5.</summary>
    public double NormEps { get; set; }

    /// <summary>Base of the rotary frequencies; default 10000.</summary>
    public double RopeTheta { get; set; }

    /// <summary>
    /// Which elements of a head turn together; default <see cref="RopeLayout.Interleaved"/>. Files of the other layout are permuted at
    /// load.
    /// </summary>
    public RopeLayout RopeLayout { get; set; }

    /// <summary>How rotary frequencies are stretched; default <see cref="RopeScaling.None"/>.</summary>
    public RopeScaling RopeScaling { get; set; }

    /// <summary>The stretching factor; default 8.</summary>
    public double RopeScalingFactor { get; set; }

    /// <summary>Llama 3's low-frequency factor; default 1.</summary>
    public double RopeScalingLowFrequencyFactor { get; set; }

    /// <summary>Llama 3's high-frequency factor; default 4.</summary>
    public double RopeScalingHighFrequencyFactor { get; set; }

    /// <summary>The context the unscaled model was trained on; default 8192.</summary>
    public int RopeScalingOriginalContext { get; set; }

    /// <summary>YaRN: pairs that turn at least so often within the original context are not stretched; default 32.</summary>
    public double RopeScalingBetaFast { get; set; }

    /// <summary>YaRN: pairs that turn at most so often within the original context are stretched in full; default 1.</summary>
    public double RopeScalingBetaSlow { get; set; }

    /// <summary>
    /// What rotated queries and keys are multiplied by besides; default 0, what the scaling's own rule says: 0.1 · ln(factor) + 1 of YaRN,
    /// 1 of all others.
    /// </summary>
    public double RopeScalingAttentionFactor { get; set; }

    /// <summary>
    /// LongRoPE: what each pair's frequency is divided by, with commas between, where <see cref="Context"/> is at most
    /// <see cref="RopeScalingOriginalContext"/>.
    /// </summary>
    public string? RopeScalingShortFactors { get; set; }

    /// <summary>LongRoPE: what each pair's frequency is divided by, with commas between, where <see cref="Context"/> is longer.</summary>
    public string? RopeScalingLongFactors { get; set; }

    /// <summary>Elements of a head that the rotary embedding turns, the first ones; default 0, all of them.</summary>
    public int RotaryDim { get; set; }

    /// <summary>Whether the classifier shares the token embedding's matrix; default false.</summary>
    public bool TiedEmbeddings { get; set; }

    /// <summary>Each position sees at most this many positions, itself included; default 0, all of them.</summary>
    public int SlidingWindow { get; set; }

    /// <summary>
    /// How layers differ, a letter for each, repeated over all of them: L sees <see cref="SlidingWindow"/> positions, G all, N all and
    /// without the rotary embedding. LLLLLG is five with the window, then one without. Default: all layers are L where there is a window,
    /// else G.
    /// </summary>
    public string? LayerPattern { get; set; }

    /// <summary>
    /// Base of the rotary frequencies in layers L of <see cref="LayerPattern"/>, which are not stretched then; default 0, the same
    /// frequencies in all layers.
    /// </summary>
    public double RopeThetaLocal { get; set; }

    /// <summary>Whether the query, key and value projections add a bias; default false.</summary>
    public bool QkvBias { get; set; }

    /// <summary>Where a layer has its norms; default <see cref="NormPlacement.Before"/>.</summary>
    public NormPlacement NormPlacement { get; set; }

    /// <summary>What of queries and keys is normalised; default <see cref="QkNorm.None"/>.</summary>
    public QkNorm QkNorm { get; set; }

    /// <summary>The function of the feed-forward network's gate; default <see cref="Activation.Silu"/>.</summary>
    public Activation Activation { get; set; }

    /// <summary>What token embeddings are multiplied by; default 1.</summary>
    public double EmbeddingScale { get; set; }

    /// <summary>What attention and feed-forward network are multiplied by where they are added to the residual stream; default 1.</summary>
    public double ResidualScale { get; set; }

    /// <summary>What products of queries and keys are multiplied by; default 0, 1 / sqrt(HeadDim).</summary>
    public double AttentionScale { get; set; }

    /// <summary>What products of queries and keys, so scaled, are bent below: c · tanh(x / c); default 0, nothing.</summary>
    public double AttentionSoftCap { get; set; }

    /// <summary>
    /// How queries grow with their position p, as in Llama 4: by 1 + t · ln(1 + floor(p / <see cref="RopeScalingOriginalContext"/>));
    /// default 0, not at all.
    /// </summary>
    public double AttentionTemperature { get; set; }

    /// <summary>What logits are divided by; default 1.</summary>
    public double LogitScale { get; set; }

    /// <summary>What logits, so divided, are bent below: c · tanh(x / c); default 0, nothing.</summary>
    public double LogitSoftCap { get; set; }

    /// <summary>How the weight matrices are stored in memory; default <see cref="WeightFormat.F32"/>.</summary>
    public WeightFormat Weights { get; set; }

    /// <summary>How the KV cache stores its numbers; default <see cref="KvFormat.F16"/>.</summary>
    public KvFormat KvCache { get; set; }

    /// <summary>
    /// Whether a trainer is emitted beside the engine, as the nested class Trainer: a backward pass for every operation, in 32-bit floats
    /// whatever <see cref="Weights"/> says. Default false, and then nothing of it is emitted.
    /// </summary>
    public bool Training { get; set; }

    /// <summary>The instruction sets to emit kernels for; default <see cref="Isa.All"/>.</summary>
    public Isa Isa { get; set; } = Isa.All;

    /// <summary>
    /// A model file of the project, named relative to it, that is built into the program: the class gets a Load() without a path. Default:
    /// none, the weights come from outside, as they always can.
    /// </summary>
    public string? EmbeddedWeights { get; set; }

    /// <summary>
    /// Most bytes that weights, KV cache and buffers may take together; the build fails when one conversation over the whole context needs
    /// more. What it leaves beside weights and buffers is what all conversations of a model may take, unless its LoadOptions say otherwise.
    /// Default 0, no limit.
    /// </summary>
    public long MaxMemory { get; set; }
}
