namespace Llamalith.Generator.Spec;

/// <summary>
/// What the user wrote, and nothing else: a property left out is null. Value-equal and free of symbols and positions, so that
/// editing anything but the attribute or the class's head gives an equal request.
/// </summary>
internal sealed record ModelRequest
{
    /// <summary>The namespace of the class; empty for the global one.</summary>
    public required string Namespace { get; init; }

    /// <summary>The class's own name.</summary>
    public required string TypeName { get; init; }

    public ClassFlaws Flaws { get; init; }

    public LlamaPreset Preset { get; init; }

    public int? Dim { get; init; }

    public int? FfnDim { get; init; }

    public int? Layers { get; init; }

    public int? Heads { get; init; }

    public int? KvHeads { get; init; }

    public int? HeadDim { get; init; }

    public int? VocabSize { get; init; }

    public int? Context { get; init; }

    public double? NormEps { get; init; }

    public double? RopeTheta { get; init; }

    public RopeLayout? RopeLayout { get; init; }

    public RopeScaling? RopeScaling { get; init; }

    public double? RopeScalingFactor { get; init; }

    public double? RopeScalingLowFrequencyFactor { get; init; }

    public double? RopeScalingHighFrequencyFactor { get; init; }

    public int? RopeScalingOriginalContext { get; init; }

    public bool? TiedEmbeddings { get; init; }

    public int? SlidingWindow { get; init; }

    public bool? QkvBias { get; init; }

    public WeightFormat? Weights { get; init; }

    public KvFormat? KvCache { get; init; }

    public bool? Training { get; init; }

    public Isa? Isa { get; init; }

    public string? EmbeddedWeights { get; init; }

    public long? MaxMemory { get; init; }

    /// <summary>What the class's [Prompt] attributes say.</summary>
    public EquatableArray<PromptRequest> Prompts { get; init; }
}
