namespace Llamalith.Generator.Spec;

/// <summary>How many numbers a model's weights are.</summary>
internal static class ParameterCount
{
    /// <summary>All parameters: embedding, layers, final norm, and the classifier where it is a matrix of its own.</summary>
    public static long Total(ModelSpec spec) =>
        ((long)spec.VocabSize * spec.Dim * (spec.TiedEmbeddings ? 1 : 2)) + (spec.Layers * PerLayer(spec)) + spec.Dim;

    /// <summary>One layer: Q and O, K and V, Gate and Up and Down, two norms, and the biases of Q, K and V if there are any.</summary>
    public static long PerLayer(ModelSpec spec)
    {
        long dim = spec.Dim;
        long attention = (2 * dim * spec.QueryDim) + (2 * dim * spec.KvDim);
        long bias = spec.QkvBias ? spec.QueryDim + (2L * spec.KvDim) : 0;
        return attention + (3 * dim * spec.FfnDim) + (2 * dim) + bias;
    }
}
