using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Llama2c;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>A llama2.c checkpoint seen through the canonical names.</summary>
public sealed class Llama2cCheckpoint : Checkpoint
{
    private readonly Dictionary<string, (Llama2cArray Array, int Layer)> _byName = [];

    private Llama2cCheckpoint(Llama2cFile file)
    {
        File = file;
        Llama2cHeader header = file.Header;

        // What the format fixes without saying so (epsilon, theta) is left open.
        ModelShape stated = new()
        {
            Dim = header.Dim,
            FfnDim = header.FfnDim,
            Layers = header.Layers,
            Heads = header.Heads,
            KvHeads = header.KvHeads,
            HeadDim = header.HeadDim,
            VocabSize = header.VocabSize,
            Context = header.Context,
            TiedEmbeddings = header.SharedClassifier,
        };

        // What there are no arrays for it has not.
        Shape = ShapeProperties.All.Where(static property => property.Tensors is not null)
            .Aggregate(stated, static (shape, property) => property.With(shape, false));
        ShapeRules.Check(file.Path, Shape, KeyOf);
        foreach ((Llama2cArray array, string name) in Llama2cNames.Global)
        {
            if (array != Llama2cArray.Classifier || !header.SharedClassifier)
                _byName.Add(name, (array, 0));
        }

        for (int layer = 0; layer < header.Layers; layer++)
        {
            foreach ((Llama2cArray array, LayerTensor tensor) in Llama2cNames.OfLayers)
                _byName.Add(TensorNames.OfLayer(layer, tensor.Stored), (array, layer));
        }
    }

    /// <summary>The file behind it.</summary>
    public Llama2cFile File { get; }

    /// <inheritdoc/>
    public override string Path => File.Path;

    /// <inheritdoc/>
    public override ModelShape Shape { get; }

    /// <inheritdoc/>
    public override RopeLayout RopeLayout => RopeLayout.Interleaved;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> CanonicalNames => _byName.Keys;

    /// <summary>Opens a checkpoint of version 0, 1 or 2.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is no sound llama2.c checkpoint, or of another version.</exception>
    public static new Llama2cCheckpoint Open(string path) => From(Llama2cFile.Open(path));

    /// <inheritdoc/>
    public override string KeyOf(string hyperparameter) => ShapeProperties.Find(hyperparameter)?.Llama2c ?? hyperparameter;

    /// <inheritdoc/>
    public override bool TryDescribe(string name, out TensorInfo info)
    {
        info = default;
        return _byName.TryGetValue(name, out (Llama2cArray Array, int Layer) entry) && File.TryDescribe(entry.Array, entry.Layer, out info);
    }

    /// <inheritdoc/>
    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        tensor = default;
        return _byName.TryGetValue(name, out (Llama2cArray Array, int Layer) entry)
            && File.TryGetTensor(entry.Array, entry.Layer, out tensor);
    }

    /// <inheritdoc/>
    public override bool Advise(in TensorView tensor, MemoryAdvice advice) => File.Advise(tensor, advice);

    /// <inheritdoc/>
    internal override void AppendHeader(IncrementalHash hash) => hash.AppendData(Encoding.UTF8.GetBytes(File.Header.ToString()));

    /// <summary>Takes over an open file.</summary>
    internal static Llama2cCheckpoint From(Llama2cFile file) => Handover.Make(file, static open => new Llama2cCheckpoint(open));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            File.Dispose();
    }
}
