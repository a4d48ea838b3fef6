using System;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Cli.Compilation;

/// <summary>
/// The types of a file's matrices that engines can be compiled for: the only place that knows which they are and what
/// [LlamaModel] calls them.
/// </summary>
internal static class WeightFormats
{
    private static readonly (TensorType Type, WeightFormat Property)[] s_rows =
    [
        (TensorType.F32, WeightFormat.F32),
        (TensorType.F16, WeightFormat.F16),
        (TensorType.BF16, WeightFormat.BF16),
        (TensorType.Q8_0, WeightFormat.Q8_0),
        (TensorType.Q4_0, WeightFormat.Q4_0),
        (TensorType.Q4_1, WeightFormat.Q4_1),
        (TensorType.Q5_0, WeightFormat.Q5_0),
        (TensorType.Q5_1, WeightFormat.Q5_1),
        (TensorType.Q2_K, WeightFormat.Q2_K),
        (TensorType.Q3_K, WeightFormat.Q3_K),
        (TensorType.Q4_K, WeightFormat.Q4_K),
        (TensorType.Q5_K, WeightFormat.Q5_K),
        (TensorType.Q6_K, WeightFormat.Q6_K),
    ];

    /// <summary>The value of <see cref="LlamaModelAttribute.Weights"/> that covers every matrix of a file.</summary>
    /// <exception cref="CliException">A matrix is stored in a way that no engine runs; the message names it.</exception>
    /// <exception cref="ModelFormatException">A matrix is of a type that the runtime does not know.</exception>
    public static WeightFormat Of(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        WeightFormat all = default;
        foreach (string name in checkpoint.CanonicalNames)
        {
            if (!checkpoint.TryDescribe(name, out TensorInfo tensor))
                continue;

            // Vectors are floats in memory, whatever the matrices are, and the embedding is read where it lies, unless it is the classifier too.
            bool isRun = tensor.Rows > 1 && (name != TensorNames.TokenEmbedding || checkpoint.Shape.TiedEmbeddings);
            if (isRun)
                all |= PropertyOf(checkpoint, tensor);
        }

        return all;
    }

    /// <summary>Bytes that a tensor takes in memory once it is loaded.</summary>
    public static long BytesInMemory(in TensorInfo tensor) => tensor.Rows == 1
        ? tensor.Columns * sizeof(float)
        : WeightPacker.Panels(tensor.Rows) * WeightPacker.PanelBytes(tensor.Type, tensor.Columns);

    private static WeightFormat PropertyOf(Checkpoint checkpoint, in TensorInfo tensor)
    {
        foreach ((TensorType type, WeightFormat property) in s_rows)
        {
            if (type == tensor.Type)
                return property;
        }

        throw new CliException($"{checkpoint.Path}: the tensor {tensor.Name} is {tensor.Type}, but engines can be compiled for {string.Join(", ", s_rows.Select(row => row.Type))} only.");
    }
}
