namespace Llamalith.Contracts;

/// <summary>What a weight matrix is multiplied by.</summary>
public enum ProductKind
{
    /// <summary>One token's activations, in decode: bound by reading the weights.</summary>
    MatVec,

    /// <summary>Many tokens' activations, in prefill: bound by multiplying.</summary>
    MatMul,
}
