using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Llamalith.Contracts;
using Llamalith.Mapping;
using Llamalith.Safetensors;

namespace Llamalith.Checkpoints;

/// <summary>
/// The config.json of a Hugging Face checkpoint, as far as it decides what is computed. A key that is missing or null has the
/// default of the model's own configuration class; a setting that this runtime cannot honour is refused.
/// </summary>
internal sealed class HuggingFaceConfig
{
    /// <summary>The kinds of model (model_type) that are Llama's skeleton.</summary>
    private static readonly string[] Kinds = ["llama", "mistral", "qwen2"];

    private readonly JsonElement _root;

    private HuggingFaceConfig(JsonElement root, string path)
    {
        _root = root;
        Path = path;
        Kind = Text(root, "model_type") ?? throw Bad($"model_type is missing");
        if (!Kinds.Contains(Kind))
            throw Bad($"model_type = {Shown.Text(Kind)}, but only {string.Join(", ", Kinds[..^1])} and {Kinds[^1]} can be run");
        RefuseWhatIsNotLlama();
        TiedEmbeddings = Boolean(root, "tie_word_embeddings");
        HasHeadDim = Find(root, "head_dim") is not null;
        Shape = ReadShape();
    }

    public string Path { get; }

    public string Kind { get; }

    /// <summary>What the file says; of tied embeddings and what else tensors show it need not say anything.</summary>
    public ModelShape Shape { get; }

    /// <summary>Null where the file does not say and the tensors must.</summary>
    public bool? TiedEmbeddings { get; }

    /// <summary>The object that holds the rotary settings: rope_scaling, or rope_parameters in newer files.</summary>
    private string RopeKey { get; set; } = "rope_scaling";

    private bool HasHeadDim { get; }

    /// <summary>The file's word for a property of <see cref="ModelShape"/>.</summary>
    public string KeyOf(string hyperparameter) => ShapeProperties.Find(hyperparameter) switch
    {
        { Name: nameof(ModelShape.HeadDim) } when !HasHeadDim => "hidden_size / num_attention_heads",
        { InRope: true, HuggingFace: null } => RopeKey,
        { InRope: true, HuggingFace: { } key } => $"{RopeKey}.{key}",
        { HuggingFace: { } key } => key,
        _ => hyperparameter,
    };

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="System.IO.FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is not sound, or of another kind of model.</exception>
    public static HuggingFaceConfig Open(string path)
    {
        using JsonDocument document = JsonFile.Open(path);
        return new HuggingFaceConfig(document.RootElement, path);
    }

    /// <summary>Reads a text as if it were the file.</summary>
    public static HuggingFaceConfig Parse(byte[] text, string path)
    {
        using JsonDocument document = JsonFile.Parse(text, path);
        return new HuggingFaceConfig(document.RootElement, path);
    }

    private void RefuseWhatIsNotLlama()
    {
        if (Text(_root, "hidden_act") is { } activation and not ("silu" or "swish"))
            throw Bad($"hidden_act = {Shown.Text(activation)}, but only silu can be run");
        if (Find(_root, "quantization_config") is not null)
            throw Bad($"quantization_config is there, but only checkpoints of F32, F16 and BF16 can be read");
        if (Real(_root, "partial_rotary_factor") is { } part and not 1.0)
            throw Bad($"partial_rotary_factor = {part}, but rotary embedding of a part of each head cannot be run");
    }

    private ModelShape ReadShape() => WithRope(ShapeProperties.All.Where(static property => !property.InRope).Aggregate(
        ShapeProperties.Nothing,
        (shape, property) =>
        {
            object? value = Read(property, shape) ?? Derive(property.Name, shape);
            return value is not null || !property.IsRequired
                ? property.With(shape, value)
                : throw Bad($"{property.HuggingFace} is missing");
        }));

    private object? Read(ShapeProperty property, ModelShape shape) => property switch
    {
        { HuggingFace: null } => null,
        { Name: nameof(ModelShape.SlidingWindow) } => (object?)ReadSlidingWindow(shape.Layers),
        ShapeProperty<int> => Integer(_root, property.HuggingFace!),
        ShapeProperty<double> => Real(_root, property.HuggingFace!),
        ShapeProperty<bool> => Boolean(_root, property.HuggingFace!),
        _ => throw new InvalidOperationException($"{property.Name} has a type that no key of config.json has."),
    };

    /// <summary>What the configuration classes make of a key that is not there.</summary>
    private object? Derive(string property, ModelShape shape) => property switch
    {
        nameof(ModelShape.KvHeads) => (object)shape.Heads,
        nameof(ModelShape.HeadDim) => DeriveHeadDim(shape),
        nameof(ModelShape.NormEps) => 1e-6,
        nameof(ModelShape.TiedEmbeddings) => false,
        _ => null,
    };

    private int DeriveHeadDim(ModelShape shape)
    {
        if (shape.Heads <= 0 || shape.Dim % shape.Heads != 0)
            throw Bad($"hidden_size = {shape.Dim} is no multiple of num_attention_heads = {shape.Heads}");
        return shape.Dim / shape.Heads;
    }

    private int? ReadSlidingWindow(int layers)
    {
        // Qwen files name a window that is off unless they switch it on.
        bool isSwitched = Kind.StartsWith("qwen", StringComparison.Ordinal);
        if (!(Boolean(_root, "use_sliding_window") ?? !isSwitched))
            return 0;
        if (!_root.TryGetProperty("sliding_window", out JsonElement element))
            return Kind == "mistral" ? null : 0;
        int window = element.ValueKind == JsonValueKind.Null ? 0 : Integer(_root, "sliding_window")!.Value;
        if (window > 0)
            RefuseMixedWindows(layers);
        return window;
    }

    private void RefuseMixedWindows(int layers)
    {
        if (Find(_root, "layer_types") is { ValueKind: JsonValueKind.Array } types)
        {
            foreach (JsonElement type in types.EnumerateArray())
            {
                if (JsonFile.Text(type, "layer_types", Path) is not "sliding_attention" and var other)
                {
                    throw Bad(
                        $"layer_types has {Shown.Text(other)} beside a sliding window; windows that differ between layers cannot be run");
                }
            }
        }
        else if (Kind.StartsWith("qwen", StringComparison.Ordinal) && (Integer(_root, "max_window_layers") ?? layers) > 0)
        {
            throw Bad($"max_window_layers is not 0: windows that differ between layers cannot be run");
        }
    }

    private ModelShape WithRope(ModelShape shape)
    {
        JsonElement? rope = Find(_root, "rope_scaling");
        if (rope is null && Find(_root, "rope_parameters") is { } parameters)
        {
            rope = parameters;
            RopeKey = "rope_parameters";
        }

        if (rope is { ValueKind: not JsonValueKind.Object })
            throw Bad($"{RopeKey} is no object");
        shape = shape with
        {
            RopeTheta = shape.RopeTheta ?? (rope is { } place ? Real(place, "rope_theta") : null) ?? 10000,
            RopeScaling = RopeScaling.None,
        };
        if (rope is not { } settings)
            return shape;
        string type = Text(settings, "rope_type") ?? Text(settings, "type") ?? throw Bad($"{RopeKey} has neither rope_type nor type");
        if (Real(settings, "partial_rotary_factor") is { } part and not 1.0)
            throw Bad($"{RopeKey}.partial_rotary_factor = {part}, but rotary embedding of a part of each head cannot be run");
        shape = shape with
        {
            RopeScaling = type switch
            {
                "default" => RopeScaling.None,
                "linear" => RopeScaling.Linear,
                "llama3" => RopeScaling.Llama3,
                _ => throw Bad($"{RopeKey}.rope_type = {Shown.Text(type)}, but only default, linear and llama3 can be run"),
            },
        };

        // The configuration class demands all numbers of a kind, so there is no default to fall back to.
        return ShapeProperties.All
            .Where(property => property is { InRope: true, HuggingFace: not null } && property.IsUsedBy(shape))
            .Aggregate(shape, (result, property) => property.With(result, Setting(property)));

        object Setting(ShapeProperty property) =>
            (property is ShapeProperty<int> ? (object?)Integer(settings, property.HuggingFace!) : Real(settings, property.HuggingFace!))
                ?? throw Bad($"{KeyOf(property.Name)} is missing");
    }

    private int? Integer(JsonElement from, string key)
    {
        if (Find(from, key) is not { } element)
            return null;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value)
            ? value : throw NotA("an integer of 32 bits", key, element);
    }

    private double? Real(JsonElement from, string key)
    {
        if (Find(from, key) is not { } element)
            return null;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value)
            ? value : throw NotA("a number", key, element);
    }

    private bool? Boolean(JsonElement from, string key) => Find(from, key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw NotA("true or false", key, other),
    };

    private string? Text(JsonElement from, string key) => Find(from, key) is { } element ? JsonFile.Text(element, key, Path) : null;

    // Python writes None as null: the same as a key that is not there.
    private static JsonElement? Find(JsonElement from, string key) =>
        from.TryGetProperty(key, out JsonElement element) && element.ValueKind != JsonValueKind.Null ? element : null;

    private ModelFormatException NotA(string wanted, string key, JsonElement element) =>
        Bad($"{key} = {Shown.Text(element.GetRawText())}, but {wanted} was expected");

    private ModelFormatException Bad(FormattableString complaint) => new($"{Path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");
}
