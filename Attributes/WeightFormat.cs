namespace Llamalith;

/// <summary>How the engine stores its weight matrices in memory.</summary>
public enum WeightFormat
{
    /// <summary>32-bit floats. Files in F16 or BF16 are widened at load.</summary>
    F32 = 0,
}
