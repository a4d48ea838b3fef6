namespace Llamalith;

/// <summary>How the KV cache stores one number.</summary>
public enum KvFormat
{
    /// <summary>16-bit floats, 2 bytes a number.</summary>
    F16 = 0,

    /// <summary>32-bit floats, 4 bytes a number.</summary>
    F32 = 1,
}
