using System.Linq;

namespace Llamalith.Generator.Spec;

/// <summary>How many numbers a model's weights are.</summary>
internal static class ParameterCount
{
    /// <summary>All parameters: embedding, layers, final norm, and the classifier where it is a matrix of its own.</summary>
    public static long Total(ModelSpec spec) =>
        ((long)spec.VocabSize * spec.Dim * (spec.TiedEmbeddings ? 1 : 2)) + (spec.Layers * PerLayer(spec)) + spec.Dim;

    /// <summary>Those of one layer.</summary>
    public static long PerLayer(ModelSpec spec) => LayerTensors.Of(spec).Sum(tensor => (long)tensor.RowsOf(spec) * tensor.ColumnsOf(spec));
}
