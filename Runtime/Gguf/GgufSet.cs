using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Gguf;

/// <summary>
/// A GGUF file, or all parts of a split one, seen as one. Parts are named NAME-00001-of-00005.gguf; any of them leads to the others. The first has the
/// metadata. Disposing it unmaps every file and invalidates every view.
/// </summary>
internal sealed class GgufSet : IDisposable
{
    private const string CountKey = "split.count", NumberKey = "split.no", TensorsKey = "split.tensors.count";
    private const int DigitsInName = 5;
    private const int MostParts = 99_999;

    private readonly GgufFile[] _files;
    private readonly Dictionary<string, GgufFile> _owners = [];

    private GgufSet(GgufFile[] files)
    {
        _files = files;
        foreach (GgufFile file in files)
        {
            foreach (GgufTensor tensor in file.Tensors)
            {
                if (!_owners.TryAdd(tensor.Name, file))
                {
                    throw new ModelFormatException(
                        $"The tensor {Shown.Text(tensor.Name)} is in {_owners[tensor.Name].Path} and in {file.Path}: they are parts of different models.");
                }
            }
        }

        long? tensors = First.Metadata.GetInteger(TensorsKey);
        if (files.Length > 1 && tensors is { } expected && expected != _owners.Count)
        {
            throw new ModelFormatException(Invariant(
                $"{First.Path}: {TensorsKey} = {expected}, but its {files.Length} parts have {_owners.Count}: they are parts of different models."));
        }
    }

    /// <summary>The file with the metadata.</summary>
    public GgufFile First => _files[0];

    /// <summary>The parts, in their order.</summary>
    public IReadOnlyList<GgufFile> Parts => _files;

    /// <summary>All tensors, part by part.</summary>
    public IEnumerable<GgufTensor> Tensors => _files.SelectMany(static file => file.Tensors);

    /// <summary>Whether a metadata key is about the parts, so that a whole file has none of it.</summary>
    public static bool IsOfParts(string key) => key is CountKey or NumberKey or TensorsKey;

    /// <summary>Takes over a file, and opens the other parts where it is one of several.</summary>
    /// <exception cref="ModelFormatException">A part is missing, or another model's.</exception>
    public static GgufSet Of(GgufFile file)
    {
        long count = file.Metadata.GetInteger(CountKey) ?? 1;
        if (count is < 0 or > MostParts)
            throw new ModelFormatException(Invariant($"{file.Path}: {CountKey} = {count}, but a model has 1 to {MostParts} parts."));
        if (count <= 1)
            return Handover.Make(file, static only => new GgufSet([only]));
        Files files = new(count);
        return Handover.Make(files, all =>
        {
            int number = all.Add(file);
            for (int other = 0; other < count; other++)
            {
                if (other == number)
                    continue;
                string path = PathOf(file.Path, number, other, (int)count);
                if (!File.Exists(path))
                {
                    throw new ModelFormatException(Invariant(
                        $"{file.Path} is part {number + 1} of {count} of a split model, but part {other + 1} is missing: there is no {path}."));
                }

                GgufFile part = GgufFile.Open(path);
                if (all.Add(part) != other)
                    throw new ModelFormatException(Invariant($"{path}: {NumberKey} = {part.Metadata.GetInteger(NumberKey)}, but by its name it should be {other}."));
            }

            return new GgufSet(all.Items!);
        });
    }

    /// <summary>Looks a tensor up by its name.</summary>
    public bool TryGetTensor(string name, out GgufTensor tensor)
    {
        tensor = null!;
        return _owners.TryGetValue(name, out GgufFile? file) && file.TryGetTensor(name, out tensor);
    }

    /// <summary>A tensor of one of the files where it lies.</summary>
    /// <inheritdoc cref="GgufFile.View"/>
    public TensorView View(GgufTensor tensor) => _owners[tensor.Name].View(tensor);

    /// <summary>Tells the system what a tensor will be used for.</summary>
    public bool Advise(in TensorView tensor, MemoryAdvice advice) => _owners.TryGetValue(tensor.Name, out GgufFile? file) && file.Advise(tensor, advice);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GgufFile file in _files)
            file.Dispose();
    }

    // The neighbour of a part by its name.
    private static string PathOf(string path, int number, int other, int count)
    {
        string ending = Ending(number, count);
        return path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)
            ? path[..^ending.Length] + Ending(other, count)
            : throw new ModelFormatException(Invariant(
                $"{path} is part {number + 1} of {count} of a split model, but its name does not end in {ending}, by which the others are found."));
    }

    private static string Ending(int number, int count)
    {
        string digits = "D" + DigitsInName.ToString(CultureInfo.InvariantCulture);
        return $"-{(number + 1).ToString(digits, CultureInfo.InvariantCulture)}-of-{count.ToString(digits, CultureInfo.InvariantCulture)}.gguf";
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // Parts by their number, disposed of together until they are a set.
    private sealed class Files(long count) : IDisposable
    {
        public GgufFile?[] Items { get; } = new GgufFile?[count];

        public int Add(GgufFile file)
        {
            long number = file.Metadata.GetInteger(NumberKey) ?? -1, parts = file.Metadata.GetInteger(CountKey) ?? 1;
            if (parts != Items.Length || number < 0 || number >= Items.Length || Items[number] is not null)
            {
                file.Dispose();
                throw new ModelFormatException(Invariant(
                    $"{file.Path}: {NumberKey} = {number} and {CountKey} = {parts}, but a part of a model in {Items.Length} parts is needed: it is another model's."));
            }

            Items[number] = file;
            return (int)number;
        }

        public void Dispose()
        {
            foreach (GgufFile? file in Items)
                file?.Dispose();
        }
    }
}
