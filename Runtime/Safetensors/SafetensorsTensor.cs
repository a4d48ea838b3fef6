using System.Collections.Immutable;
using Llamalith.Contracts;

namespace Llamalith.Safetensors;

/// <summary>A tensor as a file lists it. Its type may be one that this runtime does not read.</summary>
public sealed class SafetensorsTensor
{
    internal SafetensorsTensor(string name, string typeName, ImmutableArray<long> shape, long offset, long byteLength)
    {
        Name = name;
        TypeName = typeName;
        Shape = shape;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The type as the file gives it (dtype): F32, BF16, I64 ...</summary>
    public string TypeName { get; }

    /// <summary>Its type, or null where this runtime does not read it.</summary>
    public TensorType? Type => TypeName switch
    {
        "F32" => TensorType.F32,
        "F16" => TensorType.F16,
        "BF16" => TensorType.BF16,
        _ => null,
    };

    /// <summary>
    /// Its sizes, the contiguous one last, so [rows, columns] of a matrix. None at all for a single number; a size may be 0.
    /// </summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Where its first byte is, from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>Bytes it takes.</summary>
    public long ByteLength { get; }

    /// <summary>Elements in a row.</summary>
    public long Columns => Shape.IsEmpty ? 1 : Shape[^1];

    /// <summary>Rows: the product of all sizes but the last.</summary>
    public long Rows
    {
        get
        {
            // The product of all sizes, zeros left out, was checked to fit when the file was opened.
            long rows = 1;
            for (int i = 0; i < Shape.Length - 1; i++)
                rows *= Shape[i];
            return rows;
        }
    }

    /// <summary>Bits of an element, or 0 for a type that is not known.</summary>
    internal static int BitsOf(string typeName) => typeName switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" => 8,
        "U16" or "I16" or "F16" or "BF16" => 16,
        "U32" or "I32" or "F32" => 32,
        "U64" or "I64" or "F64" or "C64" => 64,
        _ => 0,
    };
}
