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
}
