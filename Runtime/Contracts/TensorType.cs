namespace Llamalith.Contracts;

/// <summary>How a tensor's elements are stored in a file. The values are GGML's type ids.</summary>
public enum TensorType
{
    /// <summary>32-bit float.</summary>
    F32 = 0,

    /// <summary>16-bit IEEE float.</summary>
    F16 = 1,

    /// <summary>bfloat16: the upper half of a 32-bit float.</summary>
    BF16 = 30,
}
