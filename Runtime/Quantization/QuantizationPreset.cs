namespace Llamalith.Quantization;

/// <summary>
/// The usual mixes of tensor types that files come in. Names and mixes are llama.cpp's; <see cref="TensorMix"/> has the rules.
/// </summary>
public enum QuantizationPreset
{
    /// <summary>All 32-bit floats: 32 bits a weight.</summary>
    F32 = 0,

    /// <summary>Matrices in 16-bit floats.</summary>
    F16 = 1,

    /// <summary>Matrices in bfloat16.</summary>
    BF16 = 2,

    /// <summary>8.5 bits a weight; all but lossless.</summary>
    Q8_0 = 3,

    /// <summary>4.5 bits a weight; the classifier in Q6_K.</summary>
    Q4_0 = 4,

    /// <summary>5 bits a weight; the classifier in Q6_K.</summary>
    Q4_1 = 5,

    /// <summary>5.5 bits a weight; the classifier in Q6_K.</summary>
    Q5_0 = 6,

    /// <summary>6 bits a weight; the classifier in Q6_K.</summary>
    Q5_1 = 7,

    /// <summary>Q2_K with the tensors that hurt most in Q3_K or Q4_K; the classifier in Q6_K.</summary>
    Q2_K = 8,

    /// <summary>Q3_K with the tensors that hurt most in Q4_K or Q5_K; the classifier in Q6_K.</summary>
    Q3_K_M = 9,

    /// <summary>Q4_K with half of the value and down projections in Q6_K; the classifier in Q6_K. The usual choice.</summary>
    Q4_K_M = 10,

    /// <summary>Q5_K with half of the value and down projections in Q6_K; the classifier in Q6_K.</summary>
    Q5_K_M = 11,

    /// <summary>6.6 bits a weight.</summary>
    Q6_K = 12,
}
