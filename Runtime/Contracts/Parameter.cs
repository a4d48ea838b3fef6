namespace Llamalith.Contracts;

/// <summary>One trainable tensor of a <see cref="ParameterSet"/>.</summary>
/// <param name="Name">Its name; a model's are those of <see cref="TensorNames"/>.</param>
/// <param name="Rows">Number of rows (output features of a weight matrix); 1 of a vector.</param>
/// <param name="Columns">Elements in a row (input features of a weight matrix).</param>
/// <param name="Offset">Where its first element lies among all elements of the set.</param>
public sealed record Parameter(string Name, int Rows, int Columns, long Offset)
{
    /// <summary>Number of elements.</summary>
    public int Length => checked(Rows * Columns);

    /// <summary>Whether it has more than one row. Norm weights and biases have one.</summary>
    public bool IsMatrix => Rows > 1;
}
