namespace Llamalith.Contracts;

/// <summary>
/// The hyperparameters of one Llama model: what a class was compiled for, or what a file says it holds. A property a file does
/// not speak of is null there, and then not compared, but for what few models have: of these, null is what most have.
/// </summary>
public sealed record ModelShape : IModelSizes
{
    /// <summary>Width of the residual stream.</summary>
    public required int Dim { get; init; }

    /// <summary>Inner width of the feed-forward network.</summary>
    public required int FfnDim { get; init; }

    /// <summary>Number of transformer layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key and value heads.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width of one head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Number of tokens in the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Most positions a sequence can have.</summary>
    public required int Context { get; init; }

    /// <summary>Whether the classifier shares the token embedding's matrix.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>Epsilon under the root of RMSNorm.</summary>
    public double? NormEps { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public double? RopeTheta { get; init; }

    /// <summary>How the rotary frequencies are stretched.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>The stretching factor, where <see cref="RopeScaling"/> is not None.</summary>
    public double? RopeScalingFactor { get; init; }

    /// <summary>
    /// Llama 3's low-frequency factor, where <see cref="RopeScaling"/> is Llama3: turns that fit the original context less often are
    /// stretched in full.
    /// </summary>
    public double? RopeScalingLowFrequencyFactor { get; init; }

    /// <summary>
    /// Llama 3's high-frequency factor, where <see cref="RopeScaling"/> is Llama3: turns that fit the original context more often are not
    /// stretched.
    /// </summary>
    public double? RopeScalingHighFrequencyFactor { get; init; }

    /// <summary>Positions that the unstretched model was trained on, where <see cref="RopeScaling"/> is Llama3, Yarn or LongRope.</summary>
    public int? RopeScalingOriginalContext { get; init; }

    /// <summary>Turns within the original context from which on YaRN does not stretch; null for 32.</summary>
    public double? RopeScalingBetaFast { get; init; }

    /// <summary>Turns within the original context up to which YaRN stretches in full; null for 1.</summary>
    public double? RopeScalingBetaSlow { get; init; }

    /// <summary>What rotated queries and keys are multiplied by; null or 0 for what the scaling's rule says.</summary>
    public double? RopeScalingAttentionFactor { get; init; }

    /// <summary>Positions that one position sees; 0 is all of them.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Whether the query, key and value projections add a bias.</summary>
    public bool? QkvBias { get; init; }

    /// <summary>What each pair's frequency is divided by in short contexts, with commas between, where <see cref="RopeScaling"/> is LongRope.</summary>
    public string? RopeScalingShortFactors { get; init; }

    /// <summary>What each pair's frequency is divided by in long contexts, with commas between, where <see cref="RopeScaling"/> is LongRope.</summary>
    public string? RopeScalingLongFactors { get; init; }

    /// <summary>
    /// How layers differ, a letter for each, repeated: L sees <see cref="SlidingWindow"/> positions, G all, N all and without the rotary
    /// embedding; null where all are alike.
    /// </summary>
    public string? LayerPattern { get; init; }

    /// <summary>Base of the rotary frequencies in layers L of <see cref="LayerPattern"/>; null or 0 for those of all layers.</summary>
    public double? RopeThetaLocal { get; init; }

    /// <summary>Elements of a head that the rotary embedding turns; null or 0 for all.</summary>
    public int? RotaryDim { get; init; }

    /// <summary>Where a layer has its norms; null for before.</summary>
    public NormPlacement? NormPlacement { get; init; }

    /// <summary>What of queries and keys is normalised; null for nothing.</summary>
    public QkNorm? QkNorm { get; init; }

    /// <summary>The function of the feed-forward network's gate; null for Silu.</summary>
    public Activation? Activation { get; init; }

    /// <summary>What token embeddings are multiplied by; null for 1.</summary>
    public double? EmbeddingScale { get; init; }

    /// <summary>What attention and feed-forward network are multiplied by where they are added to the residual stream; null for 1.</summary>
    public double? ResidualScale { get; init; }

    /// <summary>What products of queries and keys are multiplied by; null or 0 for 1 / sqrt(HeadDim).</summary>
    public double? AttentionScale { get; init; }

    /// <summary>What products of queries and keys are bent below; null or 0 for nothing.</summary>
    public double? AttentionSoftCap { get; init; }

    /// <summary>How queries grow with their position; null or 0 for not at all.</summary>
    public double? AttentionTemperature { get; init; }

    /// <summary>What logits are bent below; null or 0 for nothing.</summary>
    public double? LogitSoftCap { get; init; }

    /// <summary>What logits are divided by; null for 1.</summary>
    public double? LogitScale { get; init; }

    /// <summary>Width of all query heads together.</summary>
    public int QueryDim => Heads * HeadDim;

    /// <summary>Width of all key (or value) heads together.</summary>
    public int KvDim => KvHeads * HeadDim;

    /// <summary>Whether any layer may have a window.</summary>
    internal bool HasWindow => SlidingWindow > 0;

    /// <summary>The same where no layer has one.</summary>
    internal ModelShape WithoutWindow() => HasWindow ? this with { SlidingWindow = 0 } : this;

    /// <summary>Elements of a head that the rotary embedding turns.</summary>
    internal int Rotated => RotaryDim is > 0 and var some ? some : HeadDim;

    bool IModelSizes.Has(TensorCondition condition) => ShapeProperties.Has(this, condition);
}
