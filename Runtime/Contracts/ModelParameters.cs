using System;
using System.Linq;
using Llamalith.Training;

namespace Llamalith.Contracts;

/// <summary>The trainable tensors of a Llama model, under the names of <see cref="TensorNames"/>.</summary>
public static unsafe class ModelParameters
{
    /// <summary>All tensors of a model of that shape, zero; tied embeddings are one tensor.</summary>
    public static ParameterSet Create(ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new ParameterSet(
            [.. ModelTensors.Of(shape).Select(tensor => (tensor.Name, checked((int)tensor.Rows), checked((int)tensor.Columns)))]);
    }

    /// <summary>
    /// Draws a model to train from nothing: matrices normal with deviation 0.02, those that write to the residual stream (attention output
    /// and Down) with 0.02 / sqrt(2 · Layers), norms 1, biases 0. The same seed gives the same weights on every machine.
    /// </summary>
    public static void Initialize(ParameterSet parameters, ModelShape shape, long seed)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(shape);
        Initialization.Fill(parameters, shape, seed);
    }

    /// <summary>Copies a checkpoint's weights, widened to 32 bits, query and key rows brought into the engine's order.</summary>
    /// <exception cref="ModelMismatchException">The checkpoint holds another model; the message names both sides.</exception>
    public static void Load(ParameterSet parameters, Checkpoint checkpoint, ModelShape shape, RopeLayout layout)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(shape);
        checkpoint.EnsureMatches(shape);
        RowOrder order = RowOrder.Of(checkpoint, layout, shape.HeadDim, shape.Rotated);
        foreach (Parameter parameter in parameters.Items)
        {
            TensorView tensor = checkpoint.GetTensor(parameter.Name, parameter.Rows, parameter.Columns);
            float* to = parameters.WeightData + parameter.Offset;
            bool rotated = ModelTensors.OfLayer(parameter.Name, out _) is { IsRotated: true };
            if (rotated && !parameter.IsMatrix)
            {
                for (int i = 0; i < parameter.Columns; i++)
                    WeightReader.ReadRow(tensor, 0, order.Source(i), 1, to + i);
                continue;
            }

            for (int row = 0; row < parameter.Rows; row++)
                WeightReader.ReadRow(tensor, rotated ? order.Source(row) : row, 0, parameter.Columns, to + ((long)row * parameter.Columns));
        }
    }
}
