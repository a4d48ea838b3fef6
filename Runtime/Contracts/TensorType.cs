namespace Llamalith.Contracts;

/// <summary>
/// How a tensor's elements are stored in a file. The values are GGML's type ids; <see cref="TensorTypes"/> has a row for each. Kernels are
/// there for those that <see cref="TensorTypes.HasKernels"/> names; others are read, and stored as another type where an engine multiplies
/// by them.
/// </summary>
public enum TensorType
{
    /// <summary>32-bit float.</summary>
    F32 = 0,

    /// <summary>16-bit IEEE float.</summary>
    F16 = 1,

    /// <summary>4 bits and a scale for each 32 elements.</summary>
    Q4_0 = 2,

    /// <summary>4 bits, a scale and a minimum for each 32 elements.</summary>
    Q4_1 = 3,

    /// <summary>5 bits and a scale for each 32 elements.</summary>
    Q5_0 = 6,

    /// <summary>5 bits, a scale and a minimum for each 32 elements.</summary>
    Q5_1 = 7,

    /// <summary>8 bits and a scale for each 32 elements.</summary>
    Q8_0 = 8,

    /// <summary>2 bits, blocks of 256 with 4-bit scales and minima for each 16.</summary>
    Q2_K = 10,

    /// <summary>3 bits, blocks of 256 with 6-bit scales for each 16.</summary>
    Q3_K = 11,

    /// <summary>4 bits, blocks of 256 with 6-bit scales and minima for each 32.</summary>
    Q4_K = 12,

    /// <summary>5 bits, blocks of 256 with 6-bit scales and minima for each 32.</summary>
    Q5_K = 13,

    /// <summary>6 bits, blocks of 256 with 8-bit scales for each 16.</summary>
    Q6_K = 14,

    /// <summary>4 bits for numbers that are not evenly spaced, and a scale for each 32 elements.</summary>
    IQ4_NL = 20,

    /// <summary>4 bits for numbers that are not evenly spaced, blocks of 256 with 6-bit scales for each 32.</summary>
    IQ4_XS = 23,

    /// <summary>bfloat16: the upper half of a 32-bit float.</summary>
    BF16 = 30,

    /// <summary>-1, 0 and 1, five in a byte.</summary>
    TQ1_0 = 34,

    /// <summary>-1, 0 and 1, four in a byte.</summary>
    TQ2_0 = 35,

    /// <summary>4-bit floats and an exponent for each 32 elements.</summary>
    MXFP4 = 39,

    /// <summary>4-bit floats and an 8-bit float for each 16 elements.</summary>
    NVFP4 = 40,
}
