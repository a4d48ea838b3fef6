using System;
using System.Collections.Generic;
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
    private const string Temperature = "llama_4_scaling_beta";

    private readonly JsonElement _root;

    private HuggingFaceConfig(JsonElement root, string path)
    {
        _root = root;
        Path = path;
        Kind = Text(root, "model_type") ?? throw Bad($"model_type is missing");
        Family = ModelFamily.OfHuggingFace(Kind)
            ?? throw Bad($"model_type = {Shown.Text(Kind)}, but only {ModelFamily.HuggingFaceNames} can be run");
        ReadQuantization();
        TiedEmbeddings = Boolean(root, "tie_word_embeddings");
        HasHeadDim = Find(root, "head_dim") is not null;
        Shape = Family.FromKeys(ReadShape());
    }

    public string Path { get; }

    public string Kind { get; }

    /// <summary>The architecture.</summary>
    public ModelFamily Family { get; }

    /// <summary>What the file says; of tied embeddings and what else tensors show it need not say anything.</summary>
    public ModelShape Shape { get; }

    /// <summary>Null where the file does not say and the tensors must.</summary>
    public bool? TiedEmbeddings { get; }

    /// <summary>Whether matrices may be 8-bit floats with scales.</summary>
    public bool HasFp8 { get; private set; }

    /// <summary>Rows and columns of such a matrix that share a scale; null where the scales show it.</summary>
    public (int Rows, int Columns)? Fp8Block { get; private set; }

    /// <summary>The object that holds the rotary settings: rope_scaling, or rope_parameters in newer files.</summary>
    private string RopeKey { get; set; } = "rope_scaling";

    private bool HasHeadDim { get; }

    /// <summary>The file's word for a property of <see cref="ModelShape"/>.</summary>
    public string KeyOf(string hyperparameter) => ShapeProperties.Find(hyperparameter) switch
    {
        { Name: nameof(ModelShape.HeadDim) } when !HasHeadDim => "hidden_size / num_attention_heads",
        { InRope: true, HuggingFace: null } => RopeKey,
        { InRope: true, HuggingFace: { } key } => $"{RopeKey}.{key}",
        { } property when Family.KeyOf(property) is { } key => key,
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

    private void ReadQuantization()
    {
        const string Key = "quantization_config";
        if (Find(_root, Key) is not { } quantization)
            return;
        if (quantization.ValueKind != JsonValueKind.Object)
            throw NotA("an object", Key, quantization);
        string method = Text(quantization, "quant_method") ?? throw Bad($"{Key}.quant_method is missing");
        HasFp8 = method switch
        {
            "fp8" => (Text(quantization, "fmt") ?? "e4m3") == "e4m3" ? true : throw Bad($"{Key}.fmt is not e4m3, the only one that can be read"),
            "compressed-tensors" => Text(quantization, "format") is "float-quantized" or "naive-quantized"
                ? true : throw Bad($"{Key}.format = {Shown.Text(Text(quantization, "format") ?? "null")}, but only float-quantized can be read"),
            _ => throw Bad($"{Key}.quant_method = {Shown.Text(method)}, but only F32, F16, BF16 and 8-bit floats (fp8, compressed-tensors) can be read"),
        };
        if (Find(quantization, "weight_block_size") is not { } block)
            return;
        int[] sizes = block.ValueKind == JsonValueKind.Array
            ? [.. block.EnumerateArray().Select(size => size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int value) ? value : 0)] : [];
        Fp8Block = sizes is [> 0 and var rows, > 0 and var columns]
            ? (rows, columns) : throw NotA("two sizes", $"{Key}.weight_block_size", block);
    }

    private ModelShape ReadShape() => WithRope(ShapeProperties.All.Where(static property => !property.InRope).Aggregate(
        ShapeProperties.Nothing,
        (shape, property) =>
        {
            object? value = Read(property, shape) ?? Derive(property.Name, shape);
            return value is not null || !property.IsRequired
                ? property.With(shape, value)
                : throw Bad($"{Family.KeyOf(property)} is missing");
        }));

    private object? Read(ShapeProperty property, ModelShape shape) => property switch
    {
        { HuggingFace: null } => null,
        { Name: nameof(ModelShape.SlidingWindow) } => (object?)ReadSlidingWindow(),
        { Name: nameof(ModelShape.LayerPattern) } => ReadLayerPattern(shape.Layers),
        { Name: nameof(ModelShape.AttentionTemperature) } => null,
        { Name: nameof(ModelShape.RotaryDim) } => Real(_root, property.HuggingFace!) is { } part ? RotaryDim(property.HuggingFace!, part, shape) : null,
        { Name: nameof(ModelShape.Activation) } => ReadActivation(Family.KeyOf(property)!),
        ShapeProperty<int> => Integer(_root, Family.KeyOf(property)!),
        ShapeProperty<double> => Real(_root, Family.KeyOf(property)!),
        ShapeProperty<bool> => Boolean(_root, Family.KeyOf(property)!),
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

    private Activation? ReadActivation(string key)
    {
        // Gemma's files have the older key beside the newer one, which counts.
        const string Newer = "hidden_activation";
        if (Find(_root, Newer) is not null)
            key = Newer;
        return Text(_root, key) switch
        {
            null => null,
            "silu" or "swish" => Activation.Silu,
            "gelu_pytorch_tanh" or "gelu_new" or "gelu_fast" => Activation.GeluTanh,
            "gelu" => Family.GeluIsTanh ? Activation.GeluTanh : Activation.Gelu,
            { } other => throw Bad($"{key} = {Shown.Text(other)}, but only silu, gelu and gelu_pytorch_tanh can be run"),
        };
    }

    private int? ReadSlidingWindow()
    {
        if (!(Boolean(_root, "use_sliding_window") ?? !Family.HasWindowSwitch))
            return 0;
        if (!_root.TryGetProperty("sliding_window", out JsonElement element))
            return Kind == "mistral" ? null : 0;
        return element.ValueKind == JsonValueKind.Null ? 0 : Integer(_root, "sliding_window")!.Value;
    }

    /// <summary>The kind of each layer, from whichever key says it; null where all are alike.</summary>
    private string? ReadLayerPattern(int layers)
    {
        if (layers is < 1 or > ShapeRules.MostLayers)
            return null;
        bool[] local = ReadLocal(ReadSlidingWindow(), layers), rotated = ReadRotated(layers);
        char[] kinds = new char[layers];
        for (int i = 0; i < layers; i++)
        {
            // Where no layer has a window, none is another's opposite.
            char global = Array.Exists(local, static has => has) ? Family.GlobalKind : LayerKinds.Global;
            kinds[i] = local[i] ? LayerKinds.Local : rotated[i] ? global : LayerKinds.Unrotated;
            if (local[i] && !rotated[i])
                throw Bad($"layer {i} has a sliding window and no rotary embedding, which cannot be run");
        }

        return LayerKinds.Shortest(kinds);
    }

    private bool[] ReadLocal(int? window, int layers)
    {
        const string Types = "layer_types", Pattern = "sliding_window_pattern", First = "max_window_layers";
        bool[] local = new bool[layers];
        if (Find(_root, Types) is { } types)
        {
            foreach ((int layer, JsonElement type) in Each(Types, types, layers))
            {
                local[layer] = JsonFile.Text(type, Types, Path) switch
                {
                    "sliding_attention" => window is not 0,
                    "full_attention" => false,
                    { } other => throw Bad($"{Types} has {Shown.Text(other)}, but only sliding_attention and full_attention can be run"),
                };
            }

            return local;
        }

        if (window is not > 0)
            return local;
        if (Find(_root, Pattern) is { ValueKind: JsonValueKind.String } letters)
        {
            string pattern = JsonFile.Text(letters, Pattern, Path);
            if (pattern.Length == 0 || pattern.AsSpan().ContainsAnyExcept('L', 'G'))
                throw Bad($"{Pattern} = {Shown.Text(pattern)}, but letters L and G were expected");
            for (int i = 0; i < layers; i++)
                local[i] = pattern[i % pattern.Length] == 'L';
        }
        else if (Find(_root, Pattern) is { ValueKind: JsonValueKind.Array } list)
        {
            foreach ((int layer, JsonElement has) in Each(Pattern, list, layers))
                local[layer] = has.ValueKind == JsonValueKind.True || (has.ValueKind == JsonValueKind.Number && has.TryGetInt32(out int one) && one != 0);
        }
        else if ((Find(_root, Pattern) is null ? Family.GlobalEvery : Integer(_root, Pattern)) is { } period and not 0)
        {
            if (period < 0)
                throw Bad($"{Pattern} = {period}, which is no period of layers");
            for (int i = 0; i < layers; i++)
                local[i] = (i + 1) % period != 0;
        }
        else
        {
            // Qwen's first layers see everything, 28 where nothing is said.
            int first = Family.HasWindowSwitch ? Integer(_root, First) ?? 28 : 0;
            for (int i = 0; i < layers; i++)
                local[i] = i >= first;
        }

        return local;
    }

    private bool[] ReadRotated(int layers)
    {
        const string List = "no_rope_layers", Interval = "no_rope_layer_interval";
        bool[] rotated = new bool[layers];
        Array.Fill(rotated, true);
        if (Find(_root, List) is { } flags)
        {
            foreach ((int layer, JsonElement flag) in Each(List, flags, layers))
                rotated[layer] = flag.ValueKind == JsonValueKind.Number && flag.TryGetInt32(out int one) ? one != 0 : throw NotA("a list of 0 and 1", List, flags);
        }
        else if ((Find(_root, Interval) is null ? Family.UnrotatedEvery : Integer(_root, Interval)) is { } interval and > 0)
        {
            for (int i = 0; i < layers; i++)
                rotated[i] = (i + 1) % interval != 0;
        }

        return rotated;
    }

    private IEnumerable<(int Layer, JsonElement Item)> Each(string key, JsonElement list, int layers)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != layers)
            throw Bad($"{key} is no list of {layers} layers");
        return list.EnumerateArray().Select(static (item, layer) => (layer, item));
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

        // Newer files have settings for each kind of layer.
        if (rope is { } kinds && Find(kinds, "full_attention") is { ValueKind: JsonValueKind.Object } full)
        {
            if (Find(kinds, "sliding_attention") is { ValueKind: JsonValueKind.Object } local)
            {
                if (Text(local, "rope_type") is { } other and not "default")
                    throw Bad($"{RopeKey}.sliding_attention.rope_type = {Shown.Text(other)}, but only default can be run");
                if (shape.LayerPattern is { } pattern && pattern.Contains(LayerKinds.Local, StringComparison.Ordinal))
                    shape = shape with { RopeThetaLocal = Real(local, "rope_theta") ?? shape.RopeThetaLocal };
            }

            rope = full;
            RopeKey += ".full_attention";
        }
        shape = shape with
        {
            RopeTheta = shape.RopeTheta ?? (rope is { } place ? Real(place, "rope_theta") : null) ?? 10000,
            RopeScaling = RopeScaling.None,
        };
        if (rope is not { } settings)
            return shape;
        string type = Text(settings, "rope_type") ?? Text(settings, "type") ?? throw Bad($"{RopeKey} has neither rope_type nor type");
        if (Real(settings, Temperature) is { } temperature)
        {
            // It counts by the original context, which only some kinds of scaling have.
            shape = shape with { AttentionTemperature = temperature };
            if (temperature > 0 && type is not ("yarn" or "longrope" or "llama3"))
                throw Bad($"{RopeKey}.{Temperature} = {temperature}, but {RopeKey}.rope_type = {Shown.Text(type)} has no original context");
        }

        const string Part = "partial_rotary_factor";
        if (Real(settings, Part) is { } part)
            shape = shape with { RotaryDim = RotaryDim($"{RopeKey}.{Part}", part, shape) };
        shape = shape with
        {
            RopeScaling = type switch
            {
                "default" => RopeScaling.None,
                "linear" => RopeScaling.Linear,
                "llama3" => RopeScaling.Llama3,
                "yarn" => RopeScaling.Yarn,
                "longrope" or "su" => RopeScaling.LongRope,
                _ => throw Bad($"{RopeKey}.rope_type = {Shown.Text(type)}, but only default, linear, llama3, yarn and longrope can be run"),
            },
        };
        if (shape.RopeScaling == RopeScaling.Yarn)
            return WithYarn(shape, settings);
        if (shape.RopeScaling == RopeScaling.LongRope)
            return WithLongRope(shape, settings);

        // The configuration class demands all numbers of a kind, so there is no default to fall back to.
        return ShapeProperties.All
            .Where(property => property is { InRope: true, HuggingFace: not null } && property.IsUsedBy(shape))
            .Aggregate(shape, (result, property) => property.With(result, Setting(property)));

        object Setting(ShapeProperty property) =>
            (property is ShapeProperty<int> ? (object?)Integer(settings, property.HuggingFace!) : Real(settings, property.HuggingFace!))
                ?? throw Bad($"{KeyOf(property.Name)} is missing");
    }

    private int RotaryDim(string key, double part, ModelShape shape) => part is > 0 and <= 1
        ? (int)(shape.HeadDim * part) : throw Bad($"{key} = {part}, but it must be above 0 and at most 1");

    private ModelShape WithLongRope(ModelShape shape, JsonElement settings)
    {
        // Older files say the original context beside the object.
        const string Original = "original_max_position_embeddings";
        int original = Integer(settings, Original) ?? Integer(_root, Original) ?? shape.Context;
        double factor = Real(settings, "factor") ?? (double)shape.Context / Math.Max(1, original);
        double usual = factor <= 1 || original <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)));
        return shape with
        {
            RopeScalingOriginalContext = original,
            RopeScalingAttentionFactor = Real(settings, "attention_factor") ?? usual,
            RopeScalingShortFactors = Numbers(settings, "short_factor"),
            RopeScalingLongFactors = Numbers(settings, "long_factor"),
        };
    }

    private string Numbers(JsonElement from, string key)
    {
        if (Find(from, key) is not { } list)
            throw Bad($"{RopeKey}.{key} is missing");
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(static number => number.ValueKind != JsonValueKind.Number))
            throw NotA("a list of numbers", key, list);
        return NumberList.Text(list.EnumerateArray().Select(static number => number.GetDouble()));
    }

    private ModelShape WithYarn(ModelShape shape, JsonElement settings)
    {
        if (Boolean(settings, "truncate") == false)
            throw Bad($"{RopeKey}.truncate = false, but ends of YaRN's ramp that are no whole pairs cannot be run");
        int original = Integer(settings, "original_max_position_embeddings") ?? shape.Context;
        double factor = Real(settings, "factor") ?? (double)shape.Context / original;

        // Some files say how much of the rule's logarithm counts, in two shares, others what comes of it.
        double? attention = Real(settings, "attention_factor");
        if (attention is null && Real(settings, "mscale") is { } share and not 0 && Real(settings, "mscale_all_dim") is { } all and not 0)
            attention = Yarn.AttentionFactor(factor, share) / Yarn.AttentionFactor(factor, all);
        return shape with
        {
            RopeScalingFactor = factor,
            RopeScalingOriginalContext = original,
            RopeScalingBetaFast = Real(settings, "beta_fast"),
            RopeScalingBetaSlow = Real(settings, "beta_slow"),
            RopeScalingAttentionFactor = attention,
        };
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
