using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Contracts;

/// <summary>A tensor that a model has.</summary>
/// <param name="Name">Its canonical name.</param>
/// <param name="Rows">Number of rows; 1 of a vector.</param>
/// <param name="Columns">Elements in a row.</param>
/// <param name="OfLayer">What it is of a layer; null where it is no layer's.</param>
internal readonly record struct ModelTensor(string Name, long Rows, long Columns, LayerTensor? OfLayer = null);

/// <summary>All tensors of a model, in the order that files usually have.</summary>
internal static class ModelTensors
{
    public static IEnumerable<ModelTensor> Of(ModelShape shape)
    {
        LayerTensor[] each = [.. LayerTensors.Of(shape)];
        yield return TokenEmbedding(shape);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            foreach (LayerTensor tensor in each)
                yield return new(TensorNames.OfLayer(layer, tensor.Stored), tensor.RowsOf(shape), tensor.ColumnsOf(shape), tensor);
        }

        yield return new(TensorNames.FinalNorm, 1, shape.Dim);
        if (!shape.TiedEmbeddings)
            yield return new(TensorNames.Classifier, shape.VocabSize, shape.Dim);
    }

    public static ModelTensor TokenEmbedding(ModelShape shape) => new(TensorNames.TokenEmbedding, shape.VocabSize, shape.Dim);

    /// <summary>What the tensor of a canonical name is of a layer, and of which; null where it is no layer's, or unknown.</summary>
    public static LayerTensor? OfLayer(string name, out int layer) =>
        TensorNames.TryLayer(name, TensorNames.LayerPrefix, out layer, out string rest)
            ? LayerTensors.All.FirstOrDefault(tensor => tensor.Stored == rest)
            : null;
}
