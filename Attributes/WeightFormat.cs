using System;

namespace Llamalith;

/// <summary>
/// The formats in which an engine can hold weight matrices: kernels are emitted for each, and a file's tensor of another format is
/// refused. Combine them with |, or take a preset that names the usual mix of a published file.
/// </summary>
[Flags]
public enum WeightFormat
{
    /// <summary>Nothing: the same as leaving the property out, <see cref="F32"/>.</summary>
    None = 0,

    /// <summary>32-bit floats. Files in F16 or BF16 are widened where those are not declared.</summary>
    F32 = 1 << 0,

    /// <summary>16-bit IEEE floats.</summary>
    F16 = 1 << 1,

    /// <summary>bfloat16: the upper half of a 32-bit float.</summary>
    BF16 = 1 << 2,

    /// <summary>8 bits, a scale for each 32 weights: 8.5 bits a weight.</summary>
    Q8_0 = 1 << 3,

    /// <summary>4 bits, a scale for each 32 weights: 4.5 bits a weight.</summary>
    Q4_0 = 1 << 4,

    /// <summary>4 bits, a scale and a minimum for each 32 weights: 5 bits a weight.</summary>
    Q4_1 = 1 << 5,

    /// <summary>5 bits, a scale for each 32 weights: 5.5 bits a weight.</summary>
    Q5_0 = 1 << 6,

    /// <summary>5 bits, a scale and a minimum for each 32 weights: 6 bits a weight.</summary>
    Q5_1 = 1 << 7,

    /// <summary>2 bits in blocks of 256: 2.6 bits a weight.</summary>
    Q2_K = 1 << 8,

    /// <summary>3 bits in blocks of 256: 3.4 bits a weight.</summary>
    Q3_K = 1 << 9,

    /// <summary>4 bits in blocks of 256: 4.5 bits a weight.</summary>
    Q4_K = 1 << 10,

    /// <summary>5 bits in blocks of 256: 5.5 bits a weight.</summary>
    Q5_K = 1 << 11,

    /// <summary>6 bits in blocks of 256: 6.6 bits a weight.</summary>
    Q6_K = 1 << 12,

    /// <summary>The usual mix of a Q3_K_M file.</summary>
    Q3_K_M = Q3_K | Q4_K | Q5_K | Q6_K,

    /// <summary>The usual mix of a Q4_K_M file.</summary>
    Q4_K_M = Q4_K | Q6_K,

    /// <summary>The usual mix of a Q5_K_M file.</summary>
    Q5_K_M = Q5_K | Q6_K,
}
