using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>
/// A GGUF file of a Llama-like architecture seen through the canonical names, which are GGUF's own. What the runtime could only
/// compute wrongly, by leaving out a tensor or a setting that it does not know, is refused when the file is opened.
/// </summary>
public sealed class GgufCheckpoint : Checkpoint, IGgufContainer
{
    internal const string ArchitectureKey = "general.architecture";

    /// <summary>What a tensor of divisors says.</summary>
    private static readonly string[] s_llama3 =
    [
        nameof(ModelShape.RopeScaling), nameof(ModelShape.RopeScalingFactor), nameof(ModelShape.RopeScalingLowFrequencyFactor),
        nameof(ModelShape.RopeScalingHighFrequencyFactor), nameof(ModelShape.RopeScalingOriginalContext),
    ];

    private readonly Dictionary<string, (GgufTensor Tensor, TensorPart Part)> _byName = [];
    private readonly Dictionary<string, string> _keys = [];
    private readonly GgufSet _set;
    private readonly ReencodedTensors _reencoded;
    private readonly ModelFamily _family;

    private GgufCheckpoint(GgufSet set)
    {
        _set = set;
        File = set.First;
        _reencoded = new ReencodedTensors(File.Path);
        string architecture = File.Metadata.GetText(ArchitectureKey) ?? throw Bad($"{ArchitectureKey} is missing");
        _family = ModelFamily.OfGguf(architecture)
            ?? throw Bad($"{ArchitectureKey} = {Shown.Text(architecture)}, but only {ModelFamily.GgufNames} can be run");
        ModelShape stated = WithLayers(ReadShape());
        ShapeRules.Check(Path, stated, KeyOf);
        Shape = _family.Complete(stated);
        foreach (ShapeProperty property in ShapeProperties.All)
        {
            if (property.ValueIn(Shape) is { } value && !value.Equals(property.ValueIn(stated)))
                _keys[property.Name] = ArchitectureKey;
        }

        RefuseWhatIsNotLlama();
        PlaceTensors();
    }

    /// <inheritdoc/>
    public GgufFile File { get; }

    /// <summary>The file, or all parts of a split one.</summary>
    internal GgufSet Files => _set;

    /// <summary>Every tensor of the file, or of all parts of a split one, in the file's own form.</summary>
    public IEnumerable<GgufTensor> Tensors => _set.Tensors;

    /// <inheritdoc/>
    public override string Path => File.Path;

    /// <inheritdoc/>
    public override ModelShape Shape { get; }

    /// <inheritdoc/>
    public override RopeLayout RopeLayout => _family.GgufLayout;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> CanonicalNames => _byName.Keys;

    /// <summary>Opens a GGUF file of a Llama-like architecture, or any part of a split one, of which all must lie beside each other.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is no sound GGUF file, or holds a model of another kind.</exception>
    public static new GgufCheckpoint Open(string path) => From(GgufFile.Open(path));

    /// <inheritdoc/>
    public override string KeyOf(string hyperparameter) => _keys.GetValueOrDefault(hyperparameter, hyperparameter);

    /// <inheritdoc/>
    public override string? Notice => _reencoded.Notice;

    /// <inheritdoc/>
    public override bool TryDescribe(string name, out TensorInfo info)
    {
        if (!_byName.TryGetValue(name, out (GgufTensor Tensor, TensorPart Part) entry) || !IsReencoded(name, entry.Tensor))
            return base.TryDescribe(name, out info);
        TensorView stored = entry.Part.Of(_set.View(entry.Tensor), Shape, Path);
        info = ReencodedTensors.Describe(stored);
        return true;
    }

    /// <inheritdoc/>
    /// <exception cref="ModelFormatException">Its type is one that this runtime does not know.</exception>
    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        bool found = _byName.TryGetValue(name, out (GgufTensor Tensor, TensorPart Part) entry);
        tensor = found ? entry.Part.Of(_set.View(entry.Tensor), Shape, Path) : default;
        if (found && IsReencoded(name, entry.Tensor))
        {
            TensorView stored = tensor;
            tensor = _reencoded.Get(stored);
            _set.Advise(stored, MemoryAdvice.DontNeed);
        }

        return found;
    }

    /// <inheritdoc/>
    public override bool Advise(in TensorView tensor, MemoryAdvice advice)
    {
        if (!_reencoded.Owns(tensor))
            return _set.Advise(tensor, advice);

        // Rows of the embedding are read as long as the model lives.
        return advice == MemoryAdvice.DontNeed && tensor.Name != TensorNames.TokenEmbedding && _reencoded.Release(tensor);
    }

    /// <inheritdoc/>
    internal override void AppendHeader(IncrementalHash hash)
    {
        foreach (GgufFile file in _set.Parts)
            file.AppendHeader(hash);
    }

    // The embedding is read row by row, of any type, unless it is the classifier too.
    private bool IsReencoded(string name, GgufTensor tensor) =>
        ReencodedTensors.Has(tensor.Type, tensor.Rows) && (name != TensorNames.TokenEmbedding || Shape.TiedEmbeddings);

    /// <summary>Takes over an open file.</summary>
    internal static GgufCheckpoint From(GgufFile file) => Handover.Make(GgufSet.Of(file), static set => new GgufCheckpoint(set));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _reencoded.Dispose();
        _set.Dispose();
    }

    private ModelShape ReadShape() => WithRopeScaling(ShapeProperties.All.Where(static property => !property.InRope).Aggregate(
        ShapeProperties.Nothing,
        (shape, property) =>
        {
            object? value = Read(property) ?? Derive(property.Name, shape);
            return value is not null || !property.IsRequired
                ? property.With(shape, value)
                : throw Bad($"{KeyOf(property.Name)} is missing");
        }));

    private object? Read(ShapeProperty property)
    {
        if (property.Tensors is { } condition)
        {
            string[] names = [.. LayerTensors.Showing(condition).Select(static name => TensorNames.OfLayer(0, name))];
            string tensor = names.FirstOrDefault(name => _set.TryGetTensor(name, out _), names[0]);
            _keys[property.Name] = $"has {tensor}";
            return _set.TryGetTensor(tensor, out _);
        }

        return property switch
        {
            { Gguf: null } => null,
            ShapeProperty<int> => (object?)Integer(property.Name),
            ShapeProperty<double> => Real(property.Name),
            _ => throw new InvalidOperationException($"{property.Name} has a type that no key of GGUF's has."),
        };
    }

    /// <summary>What follows from others where a file does not say it.</summary>
    private object? Derive(string property, ModelShape shape)
    {
        switch (property)
        {
            case nameof(ModelShape.KvHeads):
                return shape.Heads;
            case nameof(ModelShape.HeadDim):
                return DeriveHeadDim(shape.Dim, shape.Heads);
            case nameof(ModelShape.VocabSize):
                return DeriveVocabSize();
            case nameof(ModelShape.TiedEmbeddings):
                _keys[property] = $"tied (no {TensorNames.Classifier})";
                return !_set.TryGetTensor(TensorNames.Classifier, out _);
            case nameof(ModelShape.RopeTheta):
                return ShapeProperties.Find(property)!.DefaultIn(shape);
            default:
                return null;
        }
    }

    private int DeriveHeadDim(int dim, int heads)
    {
        _keys[nameof(ModelShape.HeadDim)] = $"{Key("embedding_length")} / {Key("attention.head_count")}";
        if (heads <= 0 || dim % heads != 0)
            throw Bad($"{Key("embedding_length")} = {dim} is no multiple of {Key("attention.head_count")} = {heads}");
        return dim / heads;
    }

    private int DeriveVocabSize()
    {
        const string Tokens = "tokenizer.ggml.tokens";
        if (File.Metadata.GetArray(Tokens) is { } tokens)
        {
            _keys[nameof(ModelShape.VocabSize)] = $"the length of {Tokens}";
            return ShapeRules.ToInt32(Path, Tokens, tokens.Count);
        }

        if (!_set.TryGetTensor(TensorNames.TokenEmbedding, out GgufTensor embedding))
            throw Bad($"neither {KeyOf(nameof(ModelShape.VocabSize))} nor {Tokens} nor {TensorNames.TokenEmbedding} is there");
        _keys[nameof(ModelShape.VocabSize)] = $"the rows of {TensorNames.TokenEmbedding}";
        return ShapeRules.ToInt32(Path, TensorNames.TokenEmbedding, embedding.Rows);
    }

    private ModelShape WithRopeScaling(ModelShape shape)
    {
        const string Frequencies = "rope_freqs.weight";
        string key = Key(ShapeProperties.Find(nameof(ModelShape.RopeScaling))!.Gguf!);
        string? type = File.Metadata.GetText(key);
        _keys[nameof(ModelShape.RopeScaling)] = key;
        if (_set.TryGetTensor(LongRope.LongFactors, out GgufTensor longFactors) && _set.TryGetTensor(LongRope.ShortFactors, out GgufTensor shortFactors))
            return WithLongRope(shape, longFactors, shortFactors);

        double? factor = Real(nameof(ModelShape.RopeScalingFactor))
            ?? Real(nameof(ModelShape.RopeScalingFactor), "rope.scale_linear");

        // Some writers say 0 for nothing.
        if (factor == 0)
            factor = null;
        bool stretched = factor is not (null or 1.0);
        RopeScaling kind = type switch
        {
            "none" => RopeScaling.None,
            null or "linear" => stretched ? RopeScaling.Linear : RopeScaling.None,
            "llama3" => RopeScaling.Llama3,
            "longrope" => throw Bad($"{key} = {type}, but {LongRope.LongFactors} and {LongRope.ShortFactors} are not both there"),
            "yarn" => stretched ? RopeScaling.Yarn : RopeScaling.None,
            _ => throw Bad($"{key} = {Shown.Text(type)}, but only none, linear, llama3 and yarn can be run"),
        };

        // The usual way to say "llama3": each frequency's divisor, 1 for the highest up to the factor for the lowest.
        if (_set.TryGetTensor(Frequencies, out GgufTensor tensor) && Divisors(tensor) is var divisors && divisors.ContainsAnyExcept(1))
        {
            if (kind is RopeScaling.Linear or RopeScaling.Yarn)
                throw Bad($"{key} = {kind}, but {Frequencies} stretches the rotary frequencies too");
            if (divisors.Length != shape.HeadDim / 2)
                throw Bad($"{Frequencies} has {divisors.Length} divisors, but {KeyOf(nameof(ModelShape.HeadDim))} = {shape.HeadDim} asks for {shape.HeadDim / 2}");
            ModelShape? fitted = Llama3Frequencies.Fit(WithLlama3(shape), divisors);
            foreach (string property in s_llama3)
                _keys[property] = Frequencies;
            return fitted ?? throw Bad($"{Frequencies} has divisors that are not those of Llama 3's rule, the only one that can be run");
        }

        if (kind == RopeScaling.Yarn)
            return WithYarn(shape, factor!.Value);
        if (kind != RopeScaling.Llama3)
            return shape with { RopeScaling = kind, RopeScalingFactor = kind == RopeScaling.None ? null : factor };
        if (factor is null)
            throw Bad($"{key} = {type}, but neither {Key("rope.scaling.factor")} nor {Frequencies} is there");
        return WithLlama3(shape) with { RopeScalingFactor = factor };
    }

    // What keys say of layers, else what the architecture does.
    private ModelShape WithLayers(ModelShape shape)
    {
        const string Pattern = "attention.sliding_window_pattern";
        if (shape.Layers is < 1 or > ShapeRules.MostLayers)
            return shape;
        _keys[nameof(ModelShape.LayerPattern)] = ArchitectureKey;
        if (_family.UnrotatedEvery > 0)
            return With(LayerKinds.Every(_family.UnrotatedEvery, shape.Layers, LayerKinds.Global, LayerKinds.Unrotated));
        if (!shape.HasWindow)
            return shape;
        if (File.Metadata.TryGetValue(Key(Pattern), out GgufValue value))
        {
            _keys[nameof(ModelShape.LayerPattern)] = Key(Pattern);
            if (!value.TryGetArray(out GgufArray array))
                return With(Period(Key(Pattern), File.Metadata.GetInteger(Key(Pattern))!.Value));
            if (array.Count != shape.Layers)
                throw Bad($"{Key(Pattern)} has {array.Count} elements, but {KeyOf(nameof(ModelShape.Layers))} = {shape.Layers}");
            return With(string.Concat(array.Values().Select(item =>
                (item.TryGetBoolean(out bool has) ? has : item.TryGetInteger(out long one) ? one != 0 : throw Bad($"{Key(Pattern)} is no list of true and false"))
                    ? LayerKinds.Local : _family.GlobalKind)));
        }

        return _family.GlobalEvery > 0 ? With(Period(ArchitectureKey, _family.GlobalEvery)) : shape;

        string Period(string key, long period) => period is > 0 and <= ShapeRules.MostLayers
            ? LayerKinds.Every((int)period, shape.Layers, LayerKinds.Local, _family.GlobalKind) : throw Bad($"{key} = {period}, which is no period of layers");

        ModelShape With(string kinds) => shape with { LayerPattern = LayerKinds.Shortest(kinds) };
    }

    private ModelShape WithLongRope(ModelShape shape, GgufTensor longFactors, GgufTensor shortFactors)
    {
        _keys[nameof(ModelShape.RopeScaling)] = $"has {LongRope.LongFactors}";
        (_keys[nameof(ModelShape.RopeScalingLongFactors)], _keys[nameof(ModelShape.RopeScalingShortFactors)]) = (LongRope.LongFactors, LongRope.ShortFactors);
        return shape with
        {
            RopeScaling = RopeScaling.LongRope,
            RopeScalingOriginalContext = Integer(nameof(ModelShape.RopeScalingOriginalContext)) ?? shape.Context,
            RopeScalingAttentionFactor = Real(nameof(ModelShape.RopeScalingAttentionFactor), LongRope.AttentionFactor),
            RopeScalingLongFactors = Text(Divisors(longFactors)),
            RopeScalingShortFactors = Text(Divisors(shortFactors)),
        };

        static string Text(ReadOnlySpan<float> factors) => NumberList.Text(Array.ConvertAll(factors.ToArray(), static factor => (double)factor));
    }

    private ModelShape WithYarn(ModelShape shape, double factor)
    {
        // Some writers say how much of the rule's logarithm counts, others what comes of it.
        const string Multiplier = "rope.scaling.yarn_log_multiplier";
        double? attention = Real(nameof(ModelShape.RopeScalingAttentionFactor));
        if (attention is null && Real(nameof(ModelShape.RopeScalingAttentionFactor), Multiplier) is { } multiplier and not 0)
            attention = Yarn.AttentionFactor(factor) / Yarn.AttentionFactor(factor, multiplier);
        return shape with
        {
            RopeScaling = RopeScaling.Yarn,
            RopeScalingFactor = factor,
            RopeScalingOriginalContext = Integer(nameof(ModelShape.RopeScalingOriginalContext)) ?? shape.Context,
            RopeScalingBetaFast = Real(nameof(ModelShape.RopeScalingBetaFast)),
            RopeScalingBetaSlow = Real(nameof(ModelShape.RopeScalingBetaSlow)),
            RopeScalingAttentionFactor = attention,
        };
    }

    private ModelShape WithLlama3(ModelShape shape) => shape with
    {
        RopeScaling = RopeScaling.Llama3,
        RopeScalingLowFrequencyFactor = Real(nameof(ModelShape.RopeScalingLowFrequencyFactor)) ?? Llama3Frequencies.UsualLowFrequencyFactor,
        RopeScalingHighFrequencyFactor =
            Real(nameof(ModelShape.RopeScalingHighFrequencyFactor)) ?? Llama3Frequencies.UsualHighFrequencyFactor,
        RopeScalingOriginalContext = Integer(nameof(ModelShape.RopeScalingOriginalContext)) ?? Llama3Frequencies.UsualOriginalContext,
    };

    private unsafe ReadOnlySpan<float> Divisors(GgufTensor tensor)
    {
        TensorView view = _set.View(tensor);
        if (view.Type != TensorType.F32 || view.Rows != 1 || view.Columns > ushort.MaxValue)
            throw Bad($"{Shown.Text(view.Name)} is {view.Type} [{view.Rows}, {view.Columns}], but a short vector of F32 was expected");
        ReadOnlySpan<float> divisors = MemoryMarshal.Cast<byte, float>(new ReadOnlySpan<byte>(view.Data, (int)view.ByteLength));
        foreach (float divisor in divisors)
        {
            if (!(float.IsFinite(divisor) && divisor > 0))
                throw Bad($"{Shown.Text(view.Name)} has the divisor {divisor}, but they must be positive and finite");
        }

        return divisors;
    }

    private void RefuseWhatIsNotLlama()
    {
        if (File.Metadata.GetInteger(Key("expert_count")) is > 0 and var experts)
            throw Bad($"{Key("expert_count")} = {experts}, but mixtures of experts cannot be run");
        foreach (string trait in _family.MustState)
        {
            if (ShapeProperties.Find(trait)!.ValueIn(Shape) is null && File.Metadata.GetReal(Key(ShapeProperties.Find(trait)!.Gguf!)) is null)
                throw Bad($"{Key(ShapeProperties.Find(trait)!.Gguf!)} is missing");
        }

        Same("attention.value_length");

        void Same(string suffix)
        {
            if (File.Metadata.GetInteger(Key(suffix)) is { } value && value != Shape.HeadDim)
                throw Bad($"{Key(suffix)} = {value}, but {KeyOf(nameof(ModelShape.HeadDim))} = {Shape.HeadDim}");
        }
    }

    private void PlaceTensors()
    {
        TensorCatalog catalog = TensorCatalog.OfGguf(Shape, hasGates: _set.TryGetTensor(TensorNames.OfLayer(0, LayerTensors.Gate.Stored), out _));
        foreach (GgufTensor tensor in _set.Tensors)
        {
            TensorPlace place = catalog.Find(tensor.Name);
            place.EnsureKnown(Path, tensor.Name, Shape.Layers, KeyOf(nameof(ModelShape.Layers)));
            int part = 0;
            foreach (string name in place.Names)
            {
                if (!_byName.TryAdd(name, (tensor, new TensorPart(place.Parts, part++))))
                    throw Bad($"{Shown.Text(tensor.Name)} holds {name}, which is there twice");
                if (IsReencoded(name, tensor))
                    _reencoded.Add(tensor.Type!.Value);
            }
        }
    }

    private string Key(string suffix) => $"{_family.Gguf}.{suffix}";

    /// <summary>An integer, which some architectures give as a list with one for each layer: all equal then, or this is another kind of model.</summary>
    private int? Integer(string property)
    {
        string key = Key(ShapeProperties.Find(property)!.Gguf!);
        _keys[property] = key;
        if (!File.Metadata.TryGetValue(key, out GgufValue value))
            return null;
        if (!value.TryGetArray(out GgufArray array))
            return ShapeRules.ToInt32(Path, key, File.Metadata.GetInteger(key)!.Value);
        if (array.Count is 0 or > ShapeRules.MostLayers)
            throw Bad($"{key} has {array.Count} elements, one for each layer was expected");
        long[] values = array.ToIntegers();
        if (values.AsSpan().ContainsAnyExcept(values[0]))
            throw Bad($"{key} differs between layers, which cannot be run");
        return ShapeRules.ToInt32(Path, key, values[0]);
    }

    private double? Real(string property) => Real(property, ShapeProperties.Find(property)!.Gguf!);

    private double? Real(string property, string suffix)
    {
        double? value = File.Metadata.GetReal(Key(suffix));
        if (value is not null || !_keys.ContainsKey(property))
            _keys[property] = Key(suffix);
        return value;
    }

    private ModelFormatException Bad(FormattableString complaint) => new($"{Path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");
}
