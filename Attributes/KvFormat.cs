namespace Llamalith;

/// <summary>How the KV cache stores one number.</summary>
public enum KvFormat
{
    /// <summary>16-bit floats, 2 bytes a number. Numbers beyond ±4,094 are cut to that, those within ±2^-18 are nothing.</summary>
    F16 = 0,

    /// <summary>32-bit floats, 4 bytes a number.</summary>
    F32 = 1,

    /// <summary>8-bit integers with a scale for each position and head: 1 byte a number and 4 for each head's key and value.</summary>
#pragma warning disable CA1720 // A type's name is what a format of numbers is called by.
    Int8 = 2,
#pragma warning restore CA1720
}
