using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Security.Cryptography;
using System.Threading;
using Llamalith.Checkpoints;
using Llamalith.Mapping;

namespace Llamalith.Contracts;

/// <summary>
/// An opened model file of any format: its hyperparameters, and its tensors under the canonical names of
/// <see cref="TensorNames"/>. Disposing it unmaps the file and invalidates every <see cref="TensorView"/>, but not under a model: the file
/// then stays until the last model that was loaded from it is disposed, which closes it in any case.
/// </summary>
public abstract class Checkpoint : IDisposable
{
    private readonly Lock _lock = new();
    private int _models;
    private bool _disposed;
    private bool _isClosed;

    /// <summary>Where it was opened from (for messages).</summary>
    public abstract string Path { get; }

    /// <summary>The hyperparameters that the file states.</summary>
    public abstract ModelShape Shape { get; }

    /// <summary>Which elements of a head the file's query and key rows pair up.</summary>
    public abstract RopeLayout RopeLayout { get; }

    /// <summary>The canonical names of all tensors in the file that have one.</summary>
    public abstract IReadOnlyCollection<string> CanonicalNames { get; }

    /// <summary>The file's own word for a property of <see cref="ModelShape"/>, as in "llama.attention.head_count_kv".</summary>
    public abstract string KeyOf(string hyperparameter);

    /// <summary>Opens a model file or folder; its format is found out from the content.</summary>
    /// <exception cref="System.IO.FileNotFoundException">There is nothing at that path.</exception>
    /// <exception cref="ModelFormatException">It is no model, or a damaged one.</exception>
    public static Checkpoint Open(string path) => CheckpointLoader.Open(path);

    /// <summary>
    /// Opens weights that the build packed into a program: a resource of the assembly, or, where they were too large for one, the end of
    /// the executable or a file beside it.
    /// </summary>
    /// <param name="assembly">The assembly of the class that was compiled with <see cref="LlamaModelAttribute.EmbeddedWeights"/>.</param>
    /// <param name="name">What that says.</param>
    /// <exception cref="System.IO.FileNotFoundException">They are in none of these places.</exception>
    /// <exception cref="ModelFormatException">They are damaged.</exception>
    public static Checkpoint OpenEmbedded(Assembly assembly, string name) => EmbeddedCheckpoint.Open(assembly, name);

    /// <summary>
    /// The model with a low-rank adapter (LoRA) merged into its matrices, in the formats that they have: an engine that loads it runs the
    /// adapted model as fast as the bare one. Several may be merged one after another.
    /// </summary>
    /// <param name="path">
    /// A GGUF file of llama.cpp's converter, or what PEFT saved: the folder, or its adapter_model.safetensors.
    /// </param>
    /// <param name="scale">What it is multiplied by, beside the scale that it has itself.</param>
    /// <returns>A checkpoint that disposes of this one; on an exception this one is as it was.</returns>
    /// <exception cref="System.IO.FileNotFoundException">There is no such adapter.</exception>
    /// <exception cref="ModelFormatException">It is damaged, or would change something that cannot be merged.</exception>
    /// <exception cref="ModelMismatchException">It is another model's; the message names both shapes.</exception>
    public Checkpoint LoadAdapter(string path, double scale = 1) =>
        Handover.Make(LoraAdapter.Open(path), adapter => new AdaptedCheckpoint(this, adapter, scale));

    /// <summary>Looks a tensor up by its canonical name.</summary>
    public abstract bool TryGetTensor(string name, out TensorView tensor);

    /// <summary>What is known of a tensor without touching its elements. Some files must be decoded to give a view.</summary>
    public virtual bool TryDescribe(string name, out TensorInfo info)
    {
        bool found = TryGetTensor(name, out TensorView tensor);
        info = found ? new TensorInfo(tensor.Name, tensor.Type, tensor.Rows, tensor.Columns, tensor.ByteLength) : default;
        return found;
    }

    /// <summary>The tensor of that canonical name and exactly that shape, without its elements.</summary>
    /// <exception cref="ModelMismatchException">It is missing, or has another shape.</exception>
    public TensorInfo Describe(string name, long rows, long columns)
    {
        if (!TryDescribe(name, out TensorInfo info))
            throw new ModelMismatchException($"{Path}: the tensor {name} [{rows}, {columns}] is missing.");
        if (info.Rows != rows || info.Columns != columns)
            throw new ModelMismatchException(
                $"{Path}: the tensor {info.Name} is [{info.Rows}, {info.Columns}], but the class was compiled for [{rows}, {columns}].");
        return info;
    }

    /// <summary>The tensor of that canonical name and exactly that shape.</summary>
    /// <exception cref="ModelMismatchException">It is missing, or has another shape.</exception>
    public TensorView GetTensor(string name, long rows, long columns)
    {
        _ = Describe(name, rows, columns);
        return TryGetTensor(name, out TensorView tensor) ? tensor : throw new ModelMismatchException($"{Path}: the tensor {name} cannot be read.");
    }

    /// <summary>What a user should know of how the file will be loaded, in a line; null, the default, where there is nothing.</summary>
    public virtual string? Notice => null;

    /// <summary>The file itself, where this one only changes some of its tensors.</summary>
    internal virtual Checkpoint Original => this;

    /// <summary>Says which formats there are kernels for, before tensors are asked for: some may be had in more than one.</summary>
    internal virtual void PrepareFor(IReadOnlySet<TensorType> formats)
    {
    }

    /// <summary>The weights in panels, where the file holds them so; null where they must be packed.</summary>
    /// <exception cref="ModelMismatchException">They are in panels of another layout than this runtime's.</exception>
    internal virtual IPackedWeights? Packed => null;

    /// <summary>Whether its query and key rows lie as an engine of <see cref="RopeLayout"/> has them, not as the formats of files do.</summary>
    internal virtual bool HasEngineRows => false;

    /// <summary>The checksum that tells these weights from others; empty where the file has none.</summary>
    internal virtual ReadOnlySpan<byte> Digest => default;

    /// <summary>Gives to a hash what the file says of itself, without its weights.</summary>
    internal virtual void AppendHeader(IncrementalHash hash)
    {
    }

    /// <summary>Refuses a file whose hyperparameters are not the class's. A smaller context than the file's is fine.</summary>
    /// <exception cref="ModelMismatchException">The message names every difference, both sides of each.</exception>
    public void EnsureMatches(ModelShape compiled)
    {
        ArgumentNullException.ThrowIfNull(compiled);
        string[] differences = DifferencesFrom(compiled);
        if (differences.Length > 0)
            throw new ModelMismatchException($"{Path} holds another model than the class was compiled for: {string.Join("; ", differences)}.");
    }

    /// <summary>What keeps the file from being a class's, both sides of each difference; nothing where it is.</summary>
    internal string[] DifferencesFrom(ModelShape compiled)
    {
        ModelShape file = Shape;
        return [.. ShapeProperties.All.Where(property => property.Differs(compiled, file)).Select(property => string.Create(
            CultureInfo.InvariantCulture,
            $"{property.Name} = {property.Meant(compiled)}, but {KeyOf(property.Name)} = {property.Meant(file)}"))];
    }

    /// <summary>
    /// Tells the system what a tensor of this checkpoint will be used for, as when its weights were copied and its pages may go.
    /// Only speed and memory use can change; but of a file that had to be decoded, a view that is not needed any more must be asked for
    /// again before it is read again.
    /// </summary>
    /// <returns>Whether the system took the advice.</returns>
    public virtual bool Advise(in TensorView tensor, MemoryAdvice advice) => false;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            if (_models > 0 || _isClosed)
                return;
            _isClosed = true;
        }

        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>A model reads it from now on, until <see cref="Release"/>.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    internal void Hold()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _models++;
        }
    }

    /// <summary>A model reads it no longer; with the last one it is disposed.</summary>
    internal void Release()
    {
        lock (_lock)
        {
            if (--_models > 0)
                return;
        }

        Dispose();
    }

    /// <summary>Unmaps the file.</summary>
    protected abstract void Dispose(bool disposing);
}
