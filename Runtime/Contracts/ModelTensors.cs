using System.Collections.Generic;

namespace Llamalith.Contracts;

/// <summary>A tensor that a model has.</summary>
/// <param name="Name">Its canonical name.</param>
/// <param name="Rows">Number of rows; 1 of a vector.</param>
/// <param name="Columns">Elements in a row.</param>
internal readonly record struct ModelTensor(string Name, long Rows, long Columns);

/// <summary>All tensors of a model, in the order that files usually have.</summary>
internal static class ModelTensors
{
    public static IEnumerable<ModelTensor> Of(ModelShape shape)
    {
        yield return new(TensorNames.TokenEmbedding, shape.VocabSize, shape.Dim);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            foreach (ModelTensor tensor in OfLayer(shape))
                yield return tensor with { Name = TensorNames.OfLayer(layer, tensor.Name) };
        }

        yield return new(TensorNames.FinalNorm, 1, shape.Dim);
        if (!shape.TiedEmbeddings)
            yield return new(TensorNames.Classifier, shape.VocabSize, shape.Dim);
    }

    private static IEnumerable<ModelTensor> OfLayer(ModelShape shape)
    {
        yield return new(TensorNames.AttentionNorm, 1, shape.Dim);
        yield return new(TensorNames.Query, shape.QueryDim, shape.Dim);
        yield return new(TensorNames.Key, shape.KvDim, shape.Dim);
        yield return new(TensorNames.Value, shape.KvDim, shape.Dim);
        if (shape.QkvBias == true)
        {
            yield return new(TensorNames.QueryBias, 1, shape.QueryDim);
            yield return new(TensorNames.KeyBias, 1, shape.KvDim);
            yield return new(TensorNames.ValueBias, 1, shape.KvDim);
        }

        yield return new(TensorNames.AttentionOutput, shape.Dim, shape.QueryDim);
        yield return new(TensorNames.FfnNorm, 1, shape.Dim);
        yield return new(TensorNames.Gate, shape.FfnDim, shape.Dim);
        yield return new(TensorNames.Up, shape.FfnDim, shape.Dim);
        yield return new(TensorNames.Down, shape.Dim, shape.FfnDim);
    }
}
