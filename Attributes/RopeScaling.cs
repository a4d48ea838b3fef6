namespace Llamalith;

/// <summary>How the rotary frequencies are stretched beyond the trained context.</summary>
public enum RopeScaling
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Every frequency divided by the factor.</summary>
    Linear = 1,

    /// <summary>Llama 3.1's rule: low frequencies divided by the factor, high ones kept, a smooth passage between.</summary>
    Llama3 = 2,

    /// <summary>
    /// YaRN (Peng et al., arXiv 2309.00071): low frequencies divided by the factor, high ones kept, a ramp over the pairs between.
    /// </summary>
    Yarn = 3,

    /// <summary>
    /// LongRoPE (Ding et al., arXiv 2402.13753): every frequency divided by a factor of its own, one list for short and one for long
    /// contexts.
    /// </summary>
    LongRope = 4,
}
