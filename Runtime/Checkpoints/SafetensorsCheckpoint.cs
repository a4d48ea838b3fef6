using System.Collections.Generic;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Mapping;
using Llamalith.Safetensors;

namespace Llamalith.Checkpoints;

/// <summary>
/// A Hugging Face checkpoint, one .safetensors file or several, with its config.json, seen through the canonical names. What the
/// runtime could only compute wrongly, by leaving out a tensor or a setting that it does not know, is refused when it is opened.
/// </summary>
public sealed class SafetensorsCheckpoint : Checkpoint
{
    /// <summary>The name of the file that holds the hyperparameters.</summary>
    public const string ConfigName = "config.json";

    private readonly Dictionary<string, string> _fileNames = [];
    private readonly HuggingFaceConfig _config;

    private SafetensorsCheckpoint(SafetensorsSet files, HuggingFaceConfig config)
    {
        Files = files;
        _config = config;
        Shape = ReadShape();
        ShapeRules.Check(config.Path, Shape, KeyOf);
        PlaceTensors();
    }

    /// <summary>The files behind it.</summary>
    public SafetensorsSet Files { get; }

    /// <inheritdoc/>
    public override string Path => Files.Path;

    /// <inheritdoc/>
    public override ModelShape Shape { get; }

    /// <inheritdoc/>
    public override RopeLayout RopeLayout => RopeLayout.HalfSplit;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> CanonicalNames => _fileNames.Keys;

    /// <summary>Opens a folder, or a .safetensors file with <see cref="ConfigName"/> beside it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or no <see cref="ConfigName"/>.</exception>
    /// <exception cref="ModelFormatException">A file is not sound, or it is a model of another kind.</exception>
    public static new SafetensorsCheckpoint Open(string path) => Handover.Make(SafetensorsSet.Open(path), files =>
    {
        string folder = Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        return new SafetensorsCheckpoint(files, HuggingFaceConfig.Open(System.IO.Path.Combine(folder, ConfigName)));
    });

    /// <inheritdoc/>
    public override string KeyOf(string hyperparameter) => hyperparameter switch
    {
        nameof(ModelShape.Dim) => "hidden_size",
        nameof(ModelShape.FfnDim) => "intermediate_size",
        nameof(ModelShape.Layers) => "num_hidden_layers",
        nameof(ModelShape.Heads) => "num_attention_heads",
        nameof(ModelShape.KvHeads) => "num_key_value_heads",
        nameof(ModelShape.HeadDim) => _config.HeadDimKey,
        nameof(ModelShape.VocabSize) => "vocab_size",
        nameof(ModelShape.Context) => "max_position_embeddings",
        nameof(ModelShape.NormEps) => "rms_norm_eps",
        nameof(ModelShape.RopeTheta) => "rope_theta",
        nameof(ModelShape.TiedEmbeddings) => "tie_word_embeddings",
        nameof(ModelShape.SlidingWindow) => "sliding_window",
        nameof(ModelShape.QkvBias) => "attention_bias",
        nameof(ModelShape.RopeScaling) => _config.RopeKey,
        nameof(ModelShape.RopeScalingFactor) => _config.RopeKey + ".factor",
        nameof(ModelShape.RopeScalingLowFrequencyFactor) => _config.RopeKey + ".low_freq_factor",
        nameof(ModelShape.RopeScalingHighFrequencyFactor) => _config.RopeKey + ".high_freq_factor",
        nameof(ModelShape.RopeScalingOriginalContext) => _config.RopeKey + ".original_max_position_embeddings",
        _ => hyperparameter,
    };

    /// <inheritdoc/>
    /// <exception cref="ModelFormatException">Its type is one that this runtime does not read.</exception>
    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        tensor = default;
        return _fileNames.TryGetValue(name, out string? fileName) && Files.TryView(fileName, out tensor);
    }

    /// <inheritdoc/>
    public override bool Advise(in TensorView tensor, MemoryAdvice advice) => Files.Advise(tensor, advice);

    /// <summary>Takes over an open file and the text of its config.json.</summary>
    internal static SafetensorsCheckpoint From(SafetensorsFile file, byte[] config) =>
        new(SafetensorsSet.Of(file), HuggingFaceConfig.Parse(config, ConfigName));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Files.Dispose();
    }

    private ModelShape ReadShape()
    {
        bool hasClassifier = Files.TryGetTensor("lm_head.weight", out _);
        if (_config.TiedEmbeddings == false && !hasClassifier)
            throw new ModelFormatException($"{_config.Path}: tie_word_embeddings = false, but {Path} has no lm_head.weight.");
        return new ModelShape
        {
            Dim = _config.Dim,
            FfnDim = _config.FfnDim,
            Layers = _config.Layers,
            Heads = _config.Heads,
            KvHeads = _config.KvHeads,
            HeadDim = _config.HeadDim,
            VocabSize = _config.VocabSize,
            Context = _config.Context,
            TiedEmbeddings = _config.TiedEmbeddings ?? !hasClassifier,
            NormEps = _config.NormEps,
            RopeTheta = _config.RopeTheta,
            RopeScaling = _config.RopeScaling,
            RopeScalingFactor = _config.RopeScalingFactor,
            RopeScalingLowFrequencyFactor = _config.RopeScalingLowFrequencyFactor,
            RopeScalingHighFrequencyFactor = _config.RopeScalingHighFrequencyFactor,
            RopeScalingOriginalContext = _config.RopeScalingOriginalContext,
            SlidingWindow = _config.SlidingWindow,

            // Qwen2 has biases by its very kind, and its config.json does not speak of them.
            QkvBias = _config.AttentionBias is true || Files.TryGetTensor("model.layers.0.self_attn.q_proj.bias", out _),
        };
    }

    private void PlaceTensors()
    {
        foreach (string fileName in Files.Names)
        {
            TensorPlace place = TensorCatalog.OfHuggingFace(fileName);
            place.EnsureKnown(Path, fileName, Shape.Layers, KeyOf(nameof(ModelShape.Layers)));

            // Some tied checkpoints carry the embedding a second time under the classifier's name.
            if (place.Name is { } name && !(name == TensorNames.Classifier && Shape.TiedEmbeddings))
                _fileNames.Add(name, fileName);
        }
    }
}
