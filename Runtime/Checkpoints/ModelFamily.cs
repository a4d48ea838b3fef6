using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Checkpoints;

/// <summary>
/// An architecture as files name it: what it is called in each format, and what it says by its name alone. Readers, writers and messages walk
/// <see cref="All"/>: another architecture of known parts is a row there.
/// </summary>
internal sealed class ModelFamily
{
    private static readonly FrozenDictionary<string, string> s_none = FrozenDictionary<string, string>.Empty;

    private static readonly FrozenDictionary<string, string> s_gemmaKeys = new Dictionary<string, string>
    {
        [nameof(ModelShape.AttentionScale)] = "query_pre_attn_scalar",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> s_gemmaNames = new Dictionary<string, string>
    {
        [LayerTensors.FfnNorm.Stored] = "pre_feedforward_layernorm.weight",
    }.ToFrozenDictionary();

    private ModelFamily(string gguf, params string[] huggingFace) => (Gguf, HuggingFace) = (gguf, huggingFace);

    /// <summary>Every architecture that can be run. Of several that could hold a model the first is written.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new("llama", "llama", "mistral") { GgufLayout = RopeLayout.Interleaved },
        new("qwen2", "qwen2") { HasWindowSwitch = true },
        new("qwen3", "qwen3") { HasWindowSwitch = true, Implied = static shape => shape with { QkNorm = QkNorm.Head } },
        new("granite", "granite")
        {
            GgufLayout = RopeLayout.Interleaved,
            Stated =
            [
                nameof(ModelShape.EmbeddingScale), nameof(ModelShape.ResidualScale), nameof(ModelShape.AttentionScale), nameof(ModelShape.LogitScale),
            ],
        },
        new("minicpm", "minicpm")
        {
            GgufLayout = RopeLayout.Interleaved,
            Stated = [nameof(ModelShape.EmbeddingScale), nameof(ModelShape.ResidualScale), nameof(ModelShape.LogitScale)],
            MustState = [nameof(ModelShape.EmbeddingScale), nameof(ModelShape.ResidualScale), nameof(ModelShape.LogitScale)],
            Keys = new Dictionary<string, string>
            {
                [nameof(ModelShape.EmbeddingScale)] = "scale_emb",
                [nameof(ModelShape.ResidualScale)] = "scale_depth",
                [nameof(ModelShape.LogitScale)] = "dim_model_base",
            }.ToFrozenDictionary(),

            // The file has what the three are computed from.
            FromKeys = static shape => shape with
            {
                ResidualScale = shape.ResidualScale / Math.Sqrt(shape.Layers), LogitScale = shape.Dim / shape.LogitScale,
            },
        },
        new("gemma", "gemma") { Implied = Gemma, NormsAreLessOne = true, GeluIsTanh = true },
        new("gemma2", "gemma2")
        {
            Implied = static shape => Gemma2(shape, layersOfTheLargest: 46),
            Stated = [nameof(ModelShape.AttentionSoftCap), nameof(ModelShape.LogitSoftCap)],
            MustState = [nameof(ModelShape.AttentionSoftCap), nameof(ModelShape.LogitSoftCap)],
            GlobalEvery = 2, NormsAreLessOne = true, GeluIsTanh = true, Keys = s_gemmaKeys, Names = s_gemmaNames, FromKeys = FromQueryScalar,
        },
        new("gemma3", "gemma3_text")
        {
            Implied = static shape => Gemma2(shape, layersOfTheLargest: 62) with
            {
                QkNorm = QkNorm.Head,
                RopeThetaLocal = shape.RopeThetaLocal ?? (shape.LayerPattern is null ? null : 10000),
            },
            Stated = [nameof(ModelShape.RopeThetaLocal), nameof(ModelShape.LogitSoftCap)],
            GlobalEvery = 6, NormsAreLessOne = true, GeluIsTanh = true, Keys = s_gemmaKeys, Names = s_gemmaNames, FromKeys = FromQueryScalar,
        },
        new("smollm3", "smollm3") { GgufLayout = RopeLayout.Interleaved, UnrotatedEvery = 4, HasWindowSwitch = true },
        new("mistral3", "ministral3") { GgufLayout = RopeLayout.Interleaved, Stated = [nameof(ModelShape.AttentionTemperature)] },
        new("olmo2", "olmo2", "olmo3")
        {
            Implied = static shape => WithOwnFrequencies(shape) with { NormPlacement = NormPlacement.After, QkNorm = QkNorm.Projection },
            Stated = [nameof(ModelShape.LayerPattern), nameof(ModelShape.RopeThetaLocal)],
        },
        new("exaone4", "exaone4")
        {
            Implied = static shape => shape with { NormPlacement = NormPlacement.After, QkNorm = QkNorm.Head },
            Stated = [nameof(ModelShape.LayerPattern)],
            GlobalKind = LayerKinds.Unrotated,
        },
        new("phi3", "phi3") { Stated = [nameof(ModelShape.RotaryDim)] },
        new("exaone", "exaone")
        {
            LayerPrefix = "transformer.h.",
            Keys = new Dictionary<string, string>
            {
                [nameof(ModelShape.Layers)] = "num_layers",
                [nameof(ModelShape.NormEps)] = "layer_norm_epsilon",
                [nameof(ModelShape.Activation)] = "activation_function",
            }.ToFrozenDictionary(),
            Names = new Dictionary<string, string>
            {
                [TensorNames.TokenEmbedding] = "transformer.wte.weight",
                [TensorNames.FinalNorm] = "transformer.ln_f.weight",
                [LayerTensors.AttentionNorm.Stored] = "ln_1.weight",
                [LayerTensors.FfnNorm.Stored] = "ln_2.weight",
                [LayerTensors.Query.Stored] = "attn.attention.q_proj.weight",
                [LayerTensors.Key.Stored] = "attn.attention.k_proj.weight",
                [LayerTensors.Value.Stored] = "attn.attention.v_proj.weight",
                [LayerTensors.AttentionOutput.Stored] = "attn.attention.out_proj.weight",
                [LayerTensors.Gate.Stored] = "mlp.c_fc_0.weight",
                [LayerTensors.Up.Stored] = "mlp.c_fc_1.weight",
                [LayerTensors.Down.Stored] = "mlp.c_proj.weight",
            }.ToFrozenDictionary(),
        },
    ];

    /// <summary>Its name in GGUF (general.architecture), which is also what its keys begin with.</summary>
    public string Gguf { get; }

    /// <summary>Its names in Hugging Face's files (model_type).</summary>
    public IReadOnlyList<string> HuggingFace { get; }

    /// <summary>Which elements of a head turn together in GGUF files of it; in Hugging Face's always those of its halves.</summary>
    public RopeLayout GgufLayout { get; private init; } = RopeLayout.HalfSplit;

    /// <summary>What Hugging Face's names of a layer's tensors begin with.</summary>
    public string LayerPrefix { get; private init; } = TensorCatalog.UsualLayerPrefix;

    /// <summary>Every how many layers one has no window where there is one and nothing else is said; 0 for none.</summary>
    public int GlobalEvery { get; private init; }

    /// <summary>Every how many layers one is without rotary embedding where nothing else is said; 0 for none.</summary>
    public int UnrotatedEvery { get; private init; }

    /// <summary>What layers without the window are, where others have it.</summary>
    public char GlobalKind { get; private init; } = LayerKinds.Global;

    /// <summary>Whether Hugging Face's files name a window that is off unless they switch it on.</summary>
    public bool HasWindowSwitch { get; private init; }

    /// <summary>Whether Hugging Face's files store the weights of norms less one, as Gemma's do.</summary>
    public bool NormsAreLessOne { get; private init; }

    /// <summary>Whether "gelu" in Hugging Face's files means the form by the tangent.</summary>
    public bool GeluIsTanh { get; private init; }

    /// <summary>What no key of a file says: the shape with what follows from the name.</summary>
    private Func<ModelShape, ModelShape> Implied { get; init; } = static shape => shape;

    /// <summary>What the values of <see cref="Keys"/> mean, where they are not what they are called.</summary>
    public Func<ModelShape, ModelShape> FromKeys { get; private init; } = static shape => shape;

    // Traits that GGUF files of it may state, so that other readers know them.
    private IReadOnlyList<string> Stated { get; init; } = [];

    /// <summary>Whether its GGUF files say of each layer whether it has the window.</summary>
    public bool StatesLayers => Stated.Contains(nameof(ModelShape.LayerPattern));

    /// <summary>Traits that a file of it must state, since old ones meant other values by their silence.</summary>
    public IReadOnlyList<string> MustState { get; private init; } = [];

    // Hugging Face's keys of hyperparameters, where they are others than most models'.
    private FrozenDictionary<string, string> Keys { get; init; } = s_none;

    // Hugging Face's names of tensors by the canonical ones, of a layer's behind the prefix, where they are others than most models'.
    private FrozenDictionary<string, string> Names { get; init; } = s_none;

    /// <summary>The names in GGUF, for messages.</summary>
    public static string GgufNames => Listed(All.Select(static family => family.Gguf));

    /// <summary>The names in Hugging Face's files, for messages.</summary>
    public static string HuggingFaceNames => Listed(All.SelectMany(static family => family.HuggingFace));

    /// <summary>The architecture of a GGUF file; null for none that can be run.</summary>
    public static ModelFamily? OfGguf(string architecture) => All.FirstOrDefault(family => family.Gguf == architecture);

    /// <summary>The architecture of a config.json; null for none that can be run.</summary>
    public static ModelFamily? OfHuggingFace(string kind) => All.FirstOrDefault(family => family.HuggingFace.Contains(kind));

    /// <summary>The architecture by which a GGUF file can say all that a shape says; null where none can.</summary>
    public static ModelFamily? For(ModelShape shape) => All.FirstOrDefault(family => family.CanSay(shape));

    /// <summary>The shape with what follows from the architecture's name.</summary>
    public ModelShape Complete(ModelShape shape) => ShapeProperties.Plain(Implied(shape));

    /// <summary>Hugging Face's key of a hyperparameter; null where it has none.</summary>
    public string? KeyOf(ShapeProperty property) => Keys.GetValueOrDefault(property.Name) ?? property.HuggingFace;

    /// <summary>Hugging Face's name of a layer's tensor, behind the prefix.</summary>
    public string NameOf(LayerTensor tensor) => Names.GetValueOrDefault(tensor.Stored) ?? tensor.HuggingFace;

    /// <summary>Hugging Face's name of a tensor that is no layer's.</summary>
    public string NameOf(string canonical, string usual) => Names.GetValueOrDefault(canonical) ?? usual;

    // Of the largest model, the scale is by the width of the stream, which its GGUF files do not say.
    private static ModelShape Gemma2(ModelShape shape, int layersOfTheLargest) => Gemma(shape) with
    {
        NormPlacement = NormPlacement.Both,
        AttentionScale = shape.AttentionScale ?? (shape.Layers == layersOfTheLargest ? 1 / Math.Sqrt((double)shape.Dim / shape.Heads) : null),
    };

    private static ModelShape FromQueryScalar(ModelShape shape) =>
        shape with { AttentionScale = shape.AttentionScale is { } scalar ? 1 / Math.Sqrt(scalar) : null };

    // Layers with the window are not stretched.
    private static ModelShape WithOwnFrequencies(ModelShape shape) =>
        shape.LayerPattern is not null && shape.RopeScaling is not (null or RopeScaling.None)
            ? shape with { RopeThetaLocal = shape.RopeThetaLocal ?? shape.RopeTheta } : shape;

    private static ModelShape Gemma(ModelShape shape) =>
        shape with { Activation = shape.Activation ?? Activation.GeluTanh, EmbeddingScale = Math.Sqrt(shape.Dim) };

    // Traits that follow from the name are said by it, others by keys.
    private bool CanSay(ModelShape shape)
    {
        string? pattern = UnrotatedEvery > 0 ? LayerKinds.Every(UnrotatedEvery, shape.Layers, LayerKinds.Global, LayerKinds.Unrotated)
            : GlobalEvery > 0 && shape.HasWindow ? LayerKinds.Every(GlobalEvery, shape.Layers, LayerKinds.Local, GlobalKind) : null;
        ModelShape implied = Implied(ShapeProperties.All.Where(static property => property.IsTrait && !property.InRope)
            .Aggregate(shape, static (plain, property) => property.With(plain, null)) with
            {
                LayerPattern = pattern is null ? null : LayerKinds.Shortest(pattern),
            });
        return ShapeProperties.All.Where(static property => property.IsTrait && !property.InRope).All(property =>
            ShapeProperty.Same(property.Meant(shape)!, property.Meant(implied)!) || Stated.Contains(property.Name));
    }

    private static string Listed(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }
}
