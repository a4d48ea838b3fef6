using System;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Cli.Compilation;

/// <summary>
/// The types of a file's matrices that engines can be compiled for: the only place that knows which they are, what [LlamaModel]
/// calls them, and what becomes of them in memory.
/// </summary>
internal static class WeightFormats
{
    private static readonly Row[] s_rows =
    [
        new(TensorType.F32, WeightFormat.F32, TensorType.F32),

        // Widened at load.
        new(TensorType.F16, WeightFormat.F32, TensorType.F32),
        new(TensorType.BF16, WeightFormat.F32, TensorType.F32),
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
            if (!checkpoint.TryGetTensor(name, out TensorView tensor))
                continue;
            Row row = Find(tensor.Type) ?? throw new CliException(
                $"{checkpoint.Path}: the tensor {tensor.Name} is {tensor.Type}, but engines can be compiled for {Known} only.");

            // Vectors are floats in memory whatever the matrices are.
            if (tensor.Rows > 1)
                all |= row.Property;
        }

        return all;
    }

    /// <summary>Whether engines can be compiled for a type.</summary>
    public static bool IsKnown(TensorType type) => Find(type) is not null;

    /// <summary>Bytes that a tensor takes in memory once it is loaded; as many as in the file where no engine runs its type.</summary>
    public static long BytesInMemory(in TensorView tensor)
    {
        TensorType type = tensor.Rows == 1 ? TensorType.F32 : Find(tensor.Type)?.InMemory ?? tensor.Type;
        return TensorTypes.ByteLength(type, tensor.Rows, tensor.Columns);
    }

    private static string Known => string.Join(", ", s_rows.Select(row => row.Type));

    private static Row? Find(TensorType type) => Array.Find(s_rows, row => row.Type == type);

    /// <summary>One type of a file's matrices.</summary>
    /// <param name="Type">How the file stores them.</param>
    /// <param name="Property">What [LlamaModel] must declare for them.</param>
    /// <param name="InMemory">What they are once loaded.</param>
    private sealed record Row(TensorType Type, WeightFormat Property, TensorType InMemory);
}
