using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Contracts;

/// <summary>Which format a matrix has in panels.</summary>
internal static class PanelFormat
{
    /// <summary>The tensor's own format if kernels know it; a float that they do not know is widened if they know F32.</summary>
    /// <param name="path">The model's file, for messages.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="formats">The formats that kernels were emitted for; null for all.</param>
    /// <param name="engine">The compiled class, for messages.</param>
    /// <exception cref="ModelMismatchException">No kernel reads it; the message names the tensor, its format and the property to
    /// change.</exception>
    public static TensorType Of(string path, in TensorInfo tensor, IReadOnlySet<TensorType>? formats, string engine)
    {
        if (formats is null || formats.Contains(tensor.Type))
            return tensor.Type;
        if (tensor.Type is TensorType.F16 or TensorType.BF16 && formats.Contains(TensorType.F32))
            return TensorType.F32;
        throw new ModelMismatchException(
            $"{path}: the tensor {tensor.Name} is stored as {tensor.Type}, but {engine} was compiled for Weights = "
                + $"{string.Join(" | ", formats.Order())}; add WeightFormat.{tensor.Type} to its Weights.");
    }
}
