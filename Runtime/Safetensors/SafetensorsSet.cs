using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Safetensors;

/// <summary>
/// The tensors of one model, in one .safetensors file or in the shards that an index names, seen as one. Disposing it unmaps
/// every file and invalidates every view.
/// </summary>
public sealed class SafetensorsSet : IDisposable
{
    /// <summary>The name of a model's only file.</summary>
    public const string SingleName = "model.safetensors";

    /// <summary>The name of the list that says which shard has which tensor.</summary>
    public const string IndexName = "model.safetensors.index.json";

    private const string MapKey = "weight_map";

    private readonly Dictionary<string, (SafetensorsFile File, SafetensorsTensor Tensor)> _byName = [];
    private readonly List<SafetensorsFile> _files = [];

    private SafetensorsSet(string path) => Path = path;

    /// <summary>Where it was opened from.</summary>
    public string Path { get; }

    /// <summary>The files, each once.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <summary>
    /// Opens a .safetensors file, or a folder with <see cref="SingleName"/> or else <see cref="IndexName"/> and its shards.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or a shard is missing.</exception>
    /// <exception cref="ModelFormatException">A file is not sound, or the index does not fit the shards.</exception>
    public static SafetensorsSet Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Handover.Make(new SafetensorsSet(path), set =>
        {
            if (!Directory.Exists(path))
                set.AddAll(SafetensorsFile.Open(path));
            else if (File.Exists(System.IO.Path.Combine(path, SingleName)))
                set.AddAll(SafetensorsFile.Open(System.IO.Path.Combine(path, SingleName)));
            else if (File.Exists(System.IO.Path.Combine(path, IndexName)))
                set.AddIndexed(path);
            else
                throw new ModelFormatException($"The folder {path} has neither {SingleName} nor {IndexName}.");
            return set;
        });
    }

    /// <summary>Looks a tensor up by its name.</summary>
    public bool TryGetTensor(string name, out SafetensorsTensor tensor)
    {
        bool found = _byName.TryGetValue(name, out (SafetensorsFile File, SafetensorsTensor Tensor) entry);
        tensor = entry.Tensor;
        return found;
    }

    /// <summary>The tensor of that name where it lies; false where there is none.</summary>
    /// <exception cref="ModelFormatException">Its type is one that this runtime does not read.</exception>
    /// <exception cref="ObjectDisposedException">The files are unmapped.</exception>
    public bool TryView(string name, out TensorView view)
    {
        bool found = _byName.TryGetValue(name, out (SafetensorsFile File, SafetensorsTensor Tensor) entry);
        view = found ? entry.File.View(entry.Tensor) : default;
        return found;
    }

    /// <summary>The first byte of a tensor, whatever its type.</summary>
    internal unsafe byte* Bytes(SafetensorsTensor tensor) => _byName[tensor.Name].File.Bytes(tensor);

    /// <summary>Tells the system what a tensor will be used for; see <see cref="SafetensorsFile.Advise"/>.</summary>
    public bool Advise(in TensorView tensor, MemoryAdvice advice) =>
        _byName.TryGetValue(tensor.Name, out (SafetensorsFile File, SafetensorsTensor Tensor) entry) && entry.File.Advise(tensor, advice);

    /// <summary>Unmaps every file. Later calls do nothing.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
            file.Dispose();
    }

    /// <summary>A set of one file that is open already, and is disposed with it.</summary>
    internal static SafetensorsSet Of(SafetensorsFile file)
    {
        SafetensorsSet set = new(file.Path);
        set.AddAll(file);
        return set;
    }

    private void AddAll(SafetensorsFile file)
    {
        _files.Add(file);
        foreach (SafetensorsTensor tensor in file.Tensors)
            _byName.Add(tensor.Name, (file, tensor));
    }

    private void AddIndexed(string folder)
    {
        Dictionary<string, SafetensorsFile> shards = [];
        string index = System.IO.Path.Combine(folder, IndexName);
        foreach ((string name, string shard) in ReadMap(index))
        {
            if (!shards.TryGetValue(shard, out SafetensorsFile? file))
            {
                file = SafetensorsFile.Open(System.IO.Path.Combine(folder, shard));
                _files.Add(file);
                shards.Add(shard, file);
            }

            if (!file.TryGetTensor(name, out SafetensorsTensor tensor))
                throw new ModelFormatException($"{index} says that {Shown.Text(name)} is in {Shown.Text(shard)}, but it is not.");
            _byName.Add(name, (file, tensor));
        }
    }

    private static List<(string Name, string Shard)> ReadMap(string index)
    {
        using JsonDocument document = JsonFile.Open(index);
        if (!document.RootElement.TryGetProperty(MapKey, out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw new ModelFormatException($"{index} has no object \"{MapKey}\".");
        List<(string, string)> entries = [];
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string name = JsonFile.Name(entry, index);
            string shard = JsonFile.Text(entry.Value, $"{MapKey}.{name}", index);

            // The file is untrusted: it may name its neighbours, not files anywhere else.
            if (shard is "" or "." or ".." || shard.AsSpan().IndexOfAny("/\\:\0") >= 0)
            {
                throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{index}: {Shown.Text(name)} is said to be in \"{Shown.Text(shard)}\", which is no plain file name."));
            }

            entries.Add((name, shard));
        }

        return entries;
    }
}
