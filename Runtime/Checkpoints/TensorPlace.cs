using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>What a tensor of a file is to the runtime.</summary>
/// <param name="Layer">Its layer; null where it is not a layer's.</param>
/// <param name="Parts">What it is of the layer: one tensor, or several that the file holds as one; none where it is not a layer's.</param>
/// <param name="Global">Its canonical name where it is not a layer's; null where it has none.</param>
/// <param name="IsNeeded">Whether leaving it out would change the result.</param>
internal readonly record struct TensorPlace(int? Layer, LayerTensor[] Parts, string? Global, bool IsNeeded = true)
{
    public static TensorPlace Unneeded(int? layer = null) => new(layer, [], null, IsNeeded: false);

    public static TensorPlace Unknown(int? layer = null) => new(layer, [], null);

    /// <summary>The canonical names of what it holds.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            int? layer = Layer;
            return Global is { } global ? [global] : Parts.Select(part => TensorNames.OfLayer(layer!.Value, part.Stored));
        }
    }

    /// <summary>Refuses a tensor that would be left out of the computation, and one of a layer that the model does not have.</summary>
    /// <exception cref="ModelFormatException">The message names the tensor.</exception>
    public void EnsureKnown(string path, string fileName, int layers, string layersKey)
    {
        if (Layer >= layers)
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{path} has the tensor {Shown.Text(fileName)}, but {layersKey} = {layers}."));
        if (Global is null && Parts.Length == 0 && IsNeeded)
        {
            throw new ModelFormatException(
                $"{path} has the tensor {Shown.Text(fileName)}, which is no part of a Llama model of its kind: leaving it out would compute "
                    + "something else.");
        }
    }
}

/// <summary>Rows of a tensor that holds several of the model's; all of it where it holds one.</summary>
/// <param name="Whole">What it holds, in the order of their rows.</param>
/// <param name="Index">Which of them this is.</param>
internal readonly record struct TensorPart(LayerTensor[] Whole, int Index)
{
    /// <summary>Where the part lies, given the whole.</summary>
    /// <exception cref="ModelFormatException">The whole has not the size of its parts together.</exception>
    public unsafe TensorView Of(in TensorView whole, ModelShape shape, string path)
    {
        if (Whole.Length <= 1)
            return whole;
        LayerTensor own = Whole[Index];

        // Of a vector the elements, of a matrix the rows lie behind each other.
        bool isVector = own.Rows == Width.One;
        long Length(LayerTensor tensor) => isVector ? tensor.ColumnsOf(shape) : tensor.RowsOf(shape);
        long all = Whole.Sum(Length), before = Whole.Take(Index).Sum(Length), length = Length(own);
        (long rows, long columns) = isVector ? (1L, all) : (all, own.ColumnsOf(shape));
        if (whole.Rows != rows || whole.Columns != columns)
        {
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: the tensor {Shown.Text(whole.Name)} is [{whole.Rows}, {whole.Columns}], but {string.Join(", ", Whole.Select(static part => part.Name))} "
                    + $"together are [{rows}, {columns}]."));
        }

        if (isVector && TensorTypes.BlockOf(whole.Type).Elements != 1)
            throw new ModelFormatException($"{path}: the vector {Shown.Text(whole.Name)} is {whole.Type}, which cannot be taken apart.");
        long bytes = whole.ByteLength / all;
        return new TensorView(
            whole.Name, whole.Type, isVector ? 1 : length, isVector ? length : columns, whole.Data + (before * bytes), length * bytes);
    }
}
