using System;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Cli.Compilation;

/// <summary>
/// The types of a file's matrices that engines can be compiled for, by what [LlamaModel] calls them.
/// </summary>
internal static class WeightFormats
{
    // Mixes are named too, after the files that have them.
    private static readonly WeightFormat[] s_all =
        [.. Enum.GetValues<WeightFormat>().Where(static format => int.PopCount((int)format) == 1)];

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

            // Vectors are floats in memory, whatever the matrices are, and the embedding is read where it lies, unless it is the classifier
            // too.
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

    // A tensor type that engines run and its property have one name.
    private static WeightFormat PropertyOf(Checkpoint checkpoint, in TensorInfo tensor) =>
        Enum.TryParse(tensor.Type.ToString(), out WeightFormat property) && s_all.Contains(property)
            ? property
            : throw new CliException(
                $"{checkpoint.Path}: the tensor {tensor.Name} is {tensor.Type}, but engines can be compiled for {string.Join(", ", s_all)} "
                    + "only.");
}
