using System;
using System.Collections.Generic;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Spec;

/// <summary>
/// What was asked: one annotated class, every hyperparameter filled in, nothing derived. Value-equal, free of symbols, so the
/// incremental pipeline can cache by it. Property names are the attribute's.
/// </summary>
internal sealed record ModelSpec : IModelSizes
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

    /// <summary>
    /// A letter for each layer, repeated: L with the window, G without, N without rotary embedding too; empty where all are alike.
    /// </summary>
    public string LayerPattern { get; init; } = "";

    /// <summary>0 for that of all layers.</summary>
    public double RopeThetaLocal { get; init; }

    /// <summary>0 for all of a head.</summary>
    public int RotaryDim { get; init; }

    public NormPlacement NormPlacement { get; init; }

    public QkNorm QkNorm { get; init; }

    public Activation Activation { get; init; }

    public double EmbeddingScale { get; init; } = 1;

    public double ResidualScale { get; init; } = 1;

    /// <summary>0 for 1 / sqrt(HeadDim).</summary>
    public double AttentionScale { get; init; }

    /// <summary>0 for none.</summary>
    public double AttentionSoftCap { get; init; }

    /// <summary>0 for none.</summary>
    public double AttentionTemperature { get; init; }

    /// <summary>Logits are divided by it.</summary>
    public double LogitScale { get; init; } = 1;

    /// <summary>0 for none.</summary>
    public double LogitSoftCap { get; init; }

    public required WeightFormat Weights { get; init; }

    public required KvFormat KvCache { get; init; }

    /// <summary>Whether a trainer is emitted beside the engine.</summary>
    public required bool Training { get; init; }

    public required InstructionSet Isa { get; init; }

    /// <summary>
    /// Whether the one machine that the engine is for has AVX-VNNI; null where it may run on any that has one of <see cref="Isa"/>.
    /// </summary>
    public bool? AvxVnni { get; init; }

    /// <summary>The model file that is built into the program; null for none.</summary>
    public string? EmbeddedWeights { get; init; }

    public required long MaxMemory { get; init; }

    /// <summary>The prompts that are prefilled at build time.</summary>
    public EquatableArray<PromptRequest> Prompts { get; init; }

    /// <summary>The hyperparameters that a model's file has too, in the order in which an engine states them.</summary>
    public IReadOnlyList<SpecProperty> Hyperparameters =>
    [
        new(nameof(Dim), Dim) { IsRequired = true, Most = SpecRules.MaxDim },
        new(nameof(FfnDim), FfnDim) { IsRequired = true, Most = SpecRules.MaxFfnDim },
        new(nameof(Layers), Layers) { IsRequired = true, Most = SpecRules.MaxLayers },
        new(nameof(Heads), Heads) { IsRequired = true, Most = SpecRules.MaxHeads },
        new(nameof(KvHeads), KvHeads) { IsDerived = true, Most = SpecRules.MaxHeads },
        new(nameof(HeadDim), HeadDim) { IsDerived = true, Most = SpecRules.MaxHeadDim },
        new(nameof(VocabSize), VocabSize)
        {
            IsRequired = true, Least = SpecRules.MinVocabSize, Most = SpecRules.MaxVocabSize, Rule = SpecRule.VocabularyOrContextOutOfRange,
        },
        new(nameof(Context), Context) { Most = SpecRules.MaxContext, Rule = SpecRule.VocabularyOrContextOutOfRange },
        new(nameof(TiedEmbeddings), TiedEmbeddings),
        new(nameof(NormEps), NormEps),
        new(nameof(RopeTheta), RopeTheta),
        .. RopeScaling.Hyperparameters,
        new(nameof(SlidingWindow), SlidingWindow) { Least = 0, Rule = SpecRule.WindowOutOfRange },
        new(nameof(QkvBias), QkvBias),
        SpecProperty.Trait(nameof(LayerPattern), LayerPattern, ""),
        SpecProperty.Trait(nameof(RopeThetaLocal), RopeThetaLocal, 0.0),
        // A head of no sound width is a fault of its own.
        SpecProperty.Trait(nameof(RotaryDim), RotaryDim, 0) with { Most = Math.Max(HeadDim, 0) },
        SpecProperty.Trait(nameof(NormPlacement), NormPlacement, NormPlacement.Before),
        SpecProperty.Trait(nameof(QkNorm), QkNorm, QkNorm.None),
        SpecProperty.Trait(nameof(Activation), Activation, Activation.Silu),
        SpecProperty.Trait(nameof(EmbeddingScale), EmbeddingScale, 1.0),
        SpecProperty.Trait(nameof(ResidualScale), ResidualScale, 1.0),
        SpecProperty.Trait(nameof(AttentionScale), AttentionScale, 0.0),
        SpecProperty.Trait(nameof(AttentionSoftCap), AttentionSoftCap, 0.0),
        SpecProperty.Trait(nameof(AttentionTemperature), AttentionTemperature, 0.0),
        SpecProperty.Trait(nameof(LogitScale), LogitScale, 1.0),
        SpecProperty.Trait(nameof(LogitSoftCap), LogitSoftCap, 0.0),
    ];

    /// <summary>All that files can state.</summary>
    public IReadOnlyList<SpecProperty> FileProperties => [.. Hyperparameters, new(nameof(RopeLayout), RopeLayout)];

    /// <summary>The fully qualified name, as in My.App.Tiny.</summary>
    public string FullName => Namespace.Length == 0 ? TypeName : Namespace + "." + TypeName;

    /// <summary>The class's own name as messages have it.</summary>
    public string DisplayName => TypeName.TrimStart('@');

    /// <summary>The namespace that its engine lies in, which nobody else uses.</summary>
    public string EngineNamespace => "Llamalith.Engines." + FullName;

    /// <summary>The same as people read it: no part is escaped.</summary>
    public string PlainName => FullName.Replace("@", "");

    /// <summary>The folder of its generated files: the full name, unless another model's differs only in case.</summary>
    public string HintFolder
    {
        get => _hintFolder ?? PlainName;
        init => _hintFolder = value;
    }

    /// <summary>Width of all query heads together.</summary>
    public int QueryDim => Heads * HeadDim;

    /// <summary>Width of all key (or value) heads together.</summary>
    public int KvDim => KvHeads * HeadDim;

    /// <summary>Whether any layer may have a window.</summary>
    public bool HasWindow => SlidingWindow > 0;

    /// <summary>Elements of a head that the rotary embedding turns.</summary>
    public int Rotated => RotaryDim == 0 ? HeadDim : RotaryDim;

    /// <summary>Query heads that share one key and value head.</summary>
    public int GroupSize => Heads / KvHeads;

    /// <summary>
    /// Completes a request: what is written, else what its preset gives, else the attribute's default. It need not be sound.
    /// </summary>
    public static ModelSpec Of(ModelRequest request, BuildOptions options)
    {
        WrittenValues values = request.Values;
        int dim = values.Value<int>(nameof(Dim)) ?? 0;
        int heads = values.Value<int>(nameof(Heads)) ?? 0;
        return new ModelSpec
        {
            Namespace = request.Namespace,
            TypeName = request.TypeName,
            Dim = dim,
            FfnDim = values.Value<int>(nameof(FfnDim)) ?? 0,
            Layers = values.Value<int>(nameof(Layers)) ?? 0,
            Heads = heads,
            KvHeads = values.Value<int>(nameof(KvHeads)) ?? heads,
            HeadDim = values.Value<int>(nameof(HeadDim)) ?? (heads == 0 ? 0 : dim / heads),
            VocabSize = values.Value<int>(nameof(VocabSize)) ?? 0,
            Context = values.Value<int>(nameof(Context)) ?? 4096,
            NormEps = values.Value<double>(nameof(NormEps)) ?? 1e-5,
            RopeTheta = values.Value<double>(nameof(RopeTheta)) ?? 10000,
            RopeLayout = (RopeLayout)(values.Value<int>(nameof(RopeLayout)) ?? (int)RopeLayout.Interleaved),
            RopeScaling = RopeScalingSpec.Of(values),
            TiedEmbeddings = values.Value<bool>(nameof(TiedEmbeddings)) ?? false,
            SlidingWindow = values.Value<int>(nameof(SlidingWindow)) ?? 0,
            QkvBias = values.Value<bool>(nameof(QkvBias)) ?? false,
            LayerPattern = values.Text(nameof(LayerPattern)) ?? "",
            RopeThetaLocal = values.Value<double>(nameof(RopeThetaLocal)) ?? 0,
            RotaryDim = values.Value<int>(nameof(RotaryDim)) ?? 0,
            NormPlacement = (NormPlacement)(values.Value<int>(nameof(NormPlacement)) ?? 0),
            QkNorm = (QkNorm)(values.Value<int>(nameof(QkNorm)) ?? 0),
            Activation = (Activation)(values.Value<int>(nameof(Activation)) ?? 0),
            EmbeddingScale = values.Value<double>(nameof(EmbeddingScale)) ?? 1,
            ResidualScale = values.Value<double>(nameof(ResidualScale)) ?? 1,
            AttentionScale = values.Value<double>(nameof(AttentionScale)) ?? 0,
            AttentionSoftCap = values.Value<double>(nameof(AttentionSoftCap)) ?? 0,
            AttentionTemperature = values.Value<double>(nameof(AttentionTemperature)) ?? 0,
            LogitSoftCap = values.Value<double>(nameof(LogitSoftCap)) ?? 0,
            LogitScale = values.Value<double>(nameof(LogitScale)) ?? 1,
            Weights = (WeightFormat)(values.Value<int>(nameof(Weights)) ?? 0) is not WeightFormat.None and var formats
                ? formats : WeightFormat.F32,
            KvCache = (KvFormat)(values.Value<int>(nameof(KvCache)) ?? (int)KvFormat.F16),
            Training = values.Value<bool>(nameof(Training)) ?? false,
            Isa = request.Isa & TargetNames.Parse(options.Targets, options.BuildMachine, out _)
                & TargetNames.OfRuntime(options.RuntimeIdentifier),
            AvxVnni = options.AvxVnni,
            EmbeddedWeights = request.EmbeddedWeights,
            MaxMemory = values.Value<long>(nameof(MaxMemory)) ?? 0,
            Prompts = request.Prompts,
        };
    }

    /// <summary>Whether the model has the tensors of a condition.</summary>
    public bool Has(TensorCondition condition) => condition switch
    {
        TensorCondition.Always => true,
        TensorCondition.QkvBias => QkvBias,
        TensorCondition.QkHeadNorm => QkNorm == QkNorm.Head,
        TensorCondition.QkProjectionNorm => QkNorm == QkNorm.Projection,
        TensorCondition.NormBefore => NormPlacement != NormPlacement.After,
        TensorCondition.NormAfter => NormPlacement != NormPlacement.Before,
        _ => throw new ArgumentOutOfRangeException(nameof(condition), condition, "No such condition."),
    };
}
