using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
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
    public override string KeyOf(string hyperparameter) => _config.KeyOf(hyperparameter);

    /// <inheritdoc/>
    /// <exception cref="ModelFormatException">Its type is one that this runtime does not read.</exception>
    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        tensor = default;
        return _fileNames.TryGetValue(name, out string? fileName) && Files.TryView(fileName, out tensor);
    }

    /// <inheritdoc/>
    public override bool Advise(in TensorView tensor, MemoryAdvice advice) => Files.Advise(tensor, advice);

    /// <inheritdoc/>
    internal override void AppendHeader(IncrementalHash hash)
    {
        hash.AppendData(File.ReadAllBytes(_config.Path));
        foreach (SafetensorsFile file in Files.Files)
            file.AppendHeader(hash);
    }

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
        ModelShape shape = _config.Shape with { TiedEmbeddings = _config.TiedEmbeddings ?? !hasClassifier };

        // Qwen2 has biases by its very kind, and its config.json does not speak of them.
        return ShapeProperties.All.Aggregate(shape, (result, property) => property.Tensors is { } condition
            ? property.With(result, property.ValueIn(result) is true || HasTensors(condition))
            : result);
    }

    private bool HasTensors(TensorCondition condition) =>
        Files.TryGetTensor(TensorCatalog.HuggingFaceName(0, LayerTensors.All.First(tensor => tensor.When == condition)), out _);

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
