namespace Llamalith.Contracts;

/// <summary>A weight matrix in panels, and the format its kernels must read.</summary>
public unsafe struct PackedMatrix
{
    /// <summary>The first panel.</summary>
    public byte* Data;

    /// <summary>How panels hold their weights.</summary>
    public TensorType Type;

    /// <summary>
    /// What sums over its weights must be multiplied by: the power of two that packing raised 16-bit scales with is undone.
    /// </summary>
    public float Unit;

    /// <summary>Which kernels multiply it.</summary>
    public KernelChoice* Choice;
}
