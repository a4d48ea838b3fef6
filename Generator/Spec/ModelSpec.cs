namespace Llamalith.Generator.Spec;

/// <summary>
/// What was asked: one annotated class, every hyperparameter filled in, nothing derived. Value-equal, free of symbols, so the
/// incremental pipeline can cache by it. Property names are the attribute's.
/// </summary>
internal sealed record ModelSpec
{
    private readonly string? _hintFolder;

    /// <summary>The namespace of the class; empty for the global one.</summary>
    public required string Namespace { get; init; }

    /// <summary>The class's own name.</summary>
    public required string TypeName { get; init; }

    public required int Dim { get; init; }

    public required int FfnDim { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int KvHeads { get; init; }

    public required int HeadDim { get; init; }

    public required int VocabSize { get; init; }

    public required int Context { get; init; }

    public required double NormEps { get; init; }

    public required double RopeTheta { get; init; }

    public required RopeLayout RopeLayout { get; init; }

    public required RopeScalingSpec RopeScaling { get; init; }

    public required bool TiedEmbeddings { get; init; }

    public required int SlidingWindow { get; init; }

    public required bool QkvBias { get; init; }

    public required WeightFormat Weights { get; init; }

    public required KvFormat KvCache { get; init; }

    /// <summary>Whether a trainer is emitted beside the engine.</summary>
    public required bool Training { get; init; }

    public required Isa Isa { get; init; }

    /// <summary>Whether the one machine that the engine is for has AVX-VNNI; null where it may run on any that has one of <see cref="Isa"/>.</summary>
    public bool? AvxVnni { get; init; }

    /// <summary>The model file that is built into the program; null for none.</summary>
    public string? EmbeddedWeights { get; init; }

    public required long MaxMemory { get; init; }

    /// <summary>The prompts that are prefilled at build time.</summary>
    public EquatableArray<PromptRequest> Prompts { get; init; }

    /// <summary>The fully qualified name, as in My.App.Tiny.</summary>
    public string FullName => Namespace.Length == 0 ? TypeName : Namespace + "." + TypeName;

    /// <summary>The folder of its generated files: the full name, unless another model's differs only in case.</summary>
    public string HintFolder
    {
        get => _hintFolder ?? FullName.Replace("@", "");
        init => _hintFolder = value;
    }

    /// <summary>Width of all query heads together.</summary>
    public int QueryDim => Heads * HeadDim;

    /// <summary>Width of all key (or value) heads together.</summary>
    public int KvDim => KvHeads * HeadDim;

    /// <summary>Query heads that share one key and value head.</summary>
    public int GroupSize => Heads / KvHeads;
}

/// <summary>How rotary frequencies are stretched; the factors matter only where <see cref="Kind"/> uses them.</summary>
internal sealed record RopeScalingSpec(RopeScaling Kind, double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContext);
