namespace Llamalith.Contracts;

/// <summary>
/// The hyperparameters of one Llama model: what a class was compiled for, or what a file says it holds. A property a file does
/// not speak of is null there, and then not compared.
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

    /// <summary>Positions that the unstretched model was trained on, where <see cref="RopeScaling"/> is Llama3.</summary>
    public int? RopeScalingOriginalContext { get; init; }

    /// <summary>Positions that one position sees; 0 is all of them.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Whether the query, key and value projections add a bias.</summary>
    public bool? QkvBias { get; init; }

    /// <summary>Width of all query heads together.</summary>
    public int QueryDim => Heads * HeadDim;

    /// <summary>Width of all key (or value) heads together.</summary>
    public int KvDim => KvHeads * HeadDim;

    bool IModelSizes.Has(TensorCondition condition) => ShapeProperties.Has(this, condition);
}
