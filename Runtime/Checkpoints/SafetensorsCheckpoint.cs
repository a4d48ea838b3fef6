using System;
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

    private readonly Dictionary<string, (string FileName, TensorPart Part)> _fileNames = [];
    private readonly MadeBuffers<string> _norms = new();
    private readonly HuggingFaceConfig _config;
    private readonly Fp8Weights? _fp8;

    // What the canonical names of norms end in.
    private const string NormSuffix = "norm.weight";

    private SafetensorsCheckpoint(SafetensorsSet files, HuggingFaceConfig config)
    {
        Files = files;
        _config = config;
        _fp8 = config.HasFp8 ? new Fp8Weights(files, config.Fp8Block) : null;
        ModelShape stated = ReadShape();
        ShapeRules.Check(config.Path, stated, KeyOf);
        Shape = config.Family.Complete(stated);
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
        if (!_fileNames.TryGetValue(name, out (string FileName, TensorPart Part) entry))
            return false;
        if (_fp8 is not null && Files.TryGetTensor(entry.FileName, out SafetensorsTensor stored) && Fp8Weights.Is(stored))
            tensor = _fp8.Get(stored);
        else if (!Files.TryView(entry.FileName, out tensor))
            return false;
        tensor = _config.Family.NormsAreLessOne && name.EndsWith(NormSuffix, StringComparison.Ordinal)
            ? PlusOne(tensor) : entry.Part.Of(tensor, Shape, Path);
        return true;
    }

    /// <inheritdoc/>
    public override bool TryDescribe(string name, out TensorInfo info)
    {
        // Without decoding it.
        if (_fp8 is null || !_fileNames.TryGetValue(name, out (string FileName, TensorPart Part) entry) || entry.Part.Whole.Length > 1
            || !Files.TryGetTensor(entry.FileName, out SafetensorsTensor stored) || !Fp8Weights.Is(stored))
        {
            return base.TryDescribe(name, out info);
        }

        info = new TensorInfo(stored.Name, TensorType.F32, stored.Rows, stored.Columns, stored.Rows * stored.Columns * sizeof(float));
        return true;
    }

    /// <inheritdoc/>
    public override string? Notice => _fp8 is null ? null
        : $"matrices are {Fp8Weights.TypeName}, for which there are no kernels: they are widened to {TensorType.F32} when they are loaded, which takes "
            + "four times the file's memory.";

    /// <inheritdoc/>
    public override bool Advise(in TensorView tensor, MemoryAdvice advice)
    {
        // What was made of a norm is small, and stays.
        if (IsOwnNorm(tensor))
            return false;

        // Rows of the embedding are read as long as the model lives, and what holds several matrices as long as any is bound.
        if (_fp8 is not null && Files.TryGetTensor(tensor.Name, out SafetensorsTensor stored) && Fp8Weights.Is(stored))
        {
            return advice == MemoryAdvice.DontNeed && tensor.Rows == stored.Rows
                && !(_fileNames.TryGetValue(TensorNames.TokenEmbedding, out (string FileName, TensorPart Part) embedding) && embedding.FileName == tensor.Name)
                && _fp8.Release(tensor);
        }

        return Files.Advise(tensor, advice);
    }

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
        if (!disposing)
            return;
        _norms.Dispose();
        _fp8?.Dispose();
        Files.Dispose();
    }

    private unsafe bool IsOwnNorm(in TensorView tensor) => _norms.Holds(tensor.Name, tensor.Data);

    // The weights of a norm, which the file stores less one.
    private unsafe TensorView PlusOne(TensorView stored)
    {
        if (stored.Columns > ShapeRules.MostNormColumns || stored.Rows != 1)
            throw new ModelFormatException($"{Path}: the tensor {Shown.Text(stored.Name)} is no vector of a norm.");
        int length = (int)stored.Columns;
        long bytes = length * (long)sizeof(float);
        byte* data = _norms.Get(stored.Name, bytes, hugePages: false, made =>
        {
            float* weights = (float*)made.Data;
            WeightReader.ReadRow(stored, 0, 0, length, weights);
            for (int i = 0; i < length; i++)
                weights[i] += 1;
        });
        return new TensorView(stored.Name, TensorType.F32, 1, length, data, bytes);
    }

    private ModelShape ReadShape()
    {
        bool hasClassifier = Files.TryGetTensor(TensorCatalog.HuggingFaceClassifier, out _);
        if (_config.TiedEmbeddings == false && !hasClassifier)
            throw new ModelFormatException($"{_config.Path}: tie_word_embeddings = false, but {Path} has no lm_head.weight.");
        ModelShape shape = _config.Shape with { TiedEmbeddings = _config.TiedEmbeddings ?? !hasClassifier };

        // Qwen2 has biases by its very kind, and its config.json does not speak of them.
        return ShapeProperties.All.Aggregate(shape, (result, property) => property.Tensors is { } condition
            ? property.With(result, property.ValueIn(result) is true || HasTensors(condition))
            : result);
    }

    private bool HasTensors(TensorCondition condition) =>
        Files.TryGetTensor(TensorCatalog.HuggingFaceName(_config.Family, 0, LayerTensors.All.First(tensor => tensor.When == condition)), out _);

    private void PlaceTensors()
    {
        TensorCatalog catalog = TensorCatalog.OfHuggingFace(_config.Family, Shape);
        foreach (string fileName in Files.Names)
        {
            if (_fp8?.IsScale(fileName) == true)
                continue;
            TensorPlace place = catalog.Find(fileName);
            place.EnsureKnown(Path, fileName, Shape.Layers, KeyOf(nameof(ModelShape.Layers)));

            // Some tied checkpoints carry the embedding a second time under the classifier's name.
            if (place.Global == TensorNames.Classifier && Shape.TiedEmbeddings)
                continue;
            int part = 0;
            foreach (string name in place.Names)
            {
                if (!_fileNames.TryAdd(name, (fileName, new TensorPart(place.Parts, part++))))
                    throw new ModelFormatException($"{Path}: {Shown.Text(fileName)} holds {name}, which is there twice.");
            }
        }
    }
}
