using System;
using System.Collections.Immutable;
using System.Globalization;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Gguf;

/// <summary>A tensor as a file lists it. Its type may be one that this runtime does not know.</summary>
public sealed class GgufTensor
{
    internal GgufTensor(string name, uint typeId, ImmutableArray<long> dimensions, long offset, long? byteLength)
    {
        Name = name;
        TypeId = typeId;
        Dimensions = dimensions;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>GGML's id of its type, as the file gives it.</summary>
    public uint TypeId { get; }

    /// <summary>Its type, or null where this runtime does not know it.</summary>
    public TensorType? Type => TensorTypes.TryGetBlock((TensorType)TypeId, out _) ? (TensorType)TypeId : null;

    /// <summary>What GGML calls its type, as in "IQ2_XS", whether or not this runtime knows it; "type 99" where nobody does.</summary>
    public string TypeName => GgufFormat.TypeName(TypeId);

    /// <summary>
    /// Its sizes in the file's order: the contiguous one first, so [columns, rows] of a matrix. One to four, each at least 1.
    /// </summary>
    public ImmutableArray<long> Dimensions { get; }

    /// <summary>Where its first byte is, from the start of the file.</summary>
    public long Offset { get; internal set; }

    /// <summary>Bytes it takes, or null where this runtime does not know how many bytes an element of its type takes.</summary>
    public long? ByteLength { get; }

    /// <summary>Elements in a row.</summary>
    public long Columns => Dimensions[0];

    /// <summary>Rows: the product of all sizes but the first.</summary>
    public long Rows
    {
        get
        {
            // The product of all sizes was checked to fit when the file was opened.
            long rows = 1;
            foreach (long dimension in Dimensions.AsSpan(1..))
                rows *= dimension;
            return rows;
        }
    }

    internal static GgufTensor Read(ref ByteCursor cursor)
    {
        string name = cursor.ReadName(GgufFormat.MostNameBytes, "the tensor name");
        uint count = cursor.ReadUInt32("the number of dimensions", name);
        if (count is 0 or > GgufFormat.MostDimensions)
            throw Bad(cursor, name, $"has {count} dimensions, but 1 to {GgufFormat.MostDimensions} are allowed");
        long[] dimensions = new long[count];
        Int128 elements = 1;
        for (int i = 0; i < dimensions.Length; i++)
        {
            ulong dimension = cursor.ReadUInt64("a dimension", name);
            if (dimension is 0 or > long.MaxValue)
                throw Bad(cursor, name, $"has a dimension of {dimension}");
            dimensions[i] = (long)dimension;
            elements *= (long)dimension;
            if (elements > long.MaxValue)
                throw Bad(cursor, name, "has more elements than 64 bits count");
        }

        uint typeId = cursor.ReadUInt32("the tensor type", name);
        ulong offset = cursor.ReadUInt64("the offset", name);
        if (offset > (ulong)cursor.Length)
            throw Bad(cursor, name, $"starts at byte {offset} of the tensor data, but the whole file has {cursor.Length} bytes");
        long? bytes = null;
        if (TensorTypes.TryGetBlock((TensorType)typeId, out TensorBlock block))
        {
            if (dimensions[0] % block.Elements != 0)
            {
                throw Bad(cursor, name,
                    $"has rows of {dimensions[0]} elements, no whole number of {(TensorType)typeId} blocks of {block.Elements}");
            }

            Int128 length = elements / block.Elements * block.Bytes;
            if (length > cursor.Length)
                throw Bad(cursor, name, $"takes {length} bytes, but the whole file has {cursor.Length}");
            bytes = (long)length;
        }
        else if (typeId == GgufFormat.ByteTypeId)
        {
            if (elements > cursor.Length)
                throw Bad(cursor, name, $"takes {elements} bytes, but the whole file has {cursor.Length}");
            bytes = (long)elements;
        }

        return new GgufTensor(name, typeId, ImmutableArray.Create(dimensions), (long)offset, bytes);
    }

    private static ModelFormatException Bad(in ByteCursor cursor, string name, FormattableString complaint) =>
        Bad(cursor, name, complaint.ToString(CultureInfo.InvariantCulture));

    private static ModelFormatException Bad(in ByteCursor cursor, string name, string complaint) =>
        new($"{cursor.Path}: the tensor {Shown.Text(name)} {complaint}.");
}
