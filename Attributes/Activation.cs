namespace Llamalith;

/// <summary>The function of the feed-forward network's gate.</summary>
public enum Activation
{
    /// <summary>x · sigmoid(x): Llama and most others.</summary>
    Silu = 0,

    /// <summary>GELU by its tangent, 0.5 · x · (1 + tanh(sqrt(2 / pi) · (x + 0.044715 · x³))): Gemma.</summary>
    GeluTanh = 1,

    /// <summary>GELU itself, 0.5 · x · (1 + erf(x / sqrt(2))).</summary>
    Gelu = 2,
}
