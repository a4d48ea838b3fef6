using System.Diagnostics.CodeAnalysis;

namespace Llamalith.Gguf;

/// <summary>The type of a metadata value. The values are the format's own ids.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "They are types, and the format names them so.")]
public enum GgufValueType
{
    /// <summary>8 bits, unsigned.</summary>
    UInt8 = 0,

    /// <summary>8 bits, signed.</summary>
    Int8 = 1,

    /// <summary>16 bits, unsigned.</summary>
    UInt16 = 2,

    /// <summary>16 bits, signed.</summary>
    Int16 = 3,

    /// <summary>32 bits, unsigned.</summary>
    UInt32 = 4,

    /// <summary>32 bits, signed.</summary>
    Int32 = 5,

    /// <summary>32-bit float.</summary>
    Float32 = 6,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,

    /// <summary>A length of 64 bits and so many bytes of UTF-8.</summary>
    String = 8,

    /// <summary>An element type, a count of 64 bits and so many elements, arrays among them.</summary>
    Array = 9,

    /// <summary>64 bits, unsigned.</summary>
    UInt64 = 10,

    /// <summary>64 bits, signed.</summary>
    Int64 = 11,

    /// <summary>64-bit float.</summary>
    Float64 = 12,
}
