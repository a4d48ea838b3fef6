using System;
using System.Globalization;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Gguf;

/// <summary>The numbers of the format, shared by reader and writer.</summary>
internal static class GgufFormat
{
    /// <summary>"GGUF", as the first four bytes are read.</summary>
    public const uint Magic = 0x46554747;

    public const string AlignmentKey = "general.alignment";

    public const int DefaultAlignment = 32;

    /// <summary>The format knows 64-bit alignments only as powers of two; more than this no file has a use for.</summary>
    public const int MostAlignment = 1 << 20;

    public const int MostDimensions = 4;

    /// <summary>GGML's id of I8, signed bytes: no weights, but anything that is a row of bytes.</summary>
    public const uint ByteTypeId = 24;

    /// <summary>The format's own limit for keys; it sets none for tensor names that files keep to.</summary>
    public const int MostNameBytes = 65535;

    /// <summary>Arrays in arrays: the format sets no limit, but a reader that recurses needs one. Files in the wild have none.</summary>
    public const int MostArrayDepth = 8;

    /// <summary>Bytes that the smallest entry takes: a key of one byte, a type, a value of one byte.</summary>
    public const int LeastMetadataBytes = sizeof(ulong) + 1 + sizeof(uint) + 1;

    /// <summary>Bytes that the smallest tensor entry takes: a name of one byte, one dimension, a type, an offset.</summary>
    public const int LeastTensorBytes = sizeof(ulong) + 1 + sizeof(uint) + sizeof(ulong) + sizeof(uint) + sizeof(ulong);

    /// <summary>Bytes of a value, or 0 where they vary (strings, arrays).</summary>
    public static int FixedSize(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    /// <summary>What GGML calls a type, or once called it; "type 99" where it never had one of that number.</summary>
    public static string TypeName(uint id) => id switch
    {
        4 => "Q4_2",
        5 => "Q4_3",
        9 => "Q8_1",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        21 => "IQ3_S",
        22 => "IQ2_S",
        ByteTypeId => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        29 => "IQ1_M",
        31 => "Q4_0_4_4",
        32 => "Q4_0_4_8",
        33 => "Q4_0_8_8",
        36 => "IQ4_NL_4_4",
        37 => "IQ4_NL_4_8",
        38 => "IQ4_NL_8_8",
        _ => TensorTypes.TryGetBlock((TensorType)id, out _)
            ? ((TensorType)id).ToString()
            : string.Create(CultureInfo.InvariantCulture, $"type {id}"),
    };

    public static long Align(long position, int alignment) => checked(position + alignment - 1) & -(long)alignment;

    public static GgufValueType ReadValueType(ref ByteCursor cursor, string key)
    {
        uint id = cursor.ReadUInt32("the value type", key);
        return id <= (uint)GgufValueType.Float64
            ? (GgufValueType)id
            : throw new ModelFormatException($"{cursor.Path}: the value of {Shown.Text(key)} has type {id}, but 0 to 12 are known.");
    }

    /// <summary>Passes over one value and checks everything in it.</summary>
    public static void SkipValue(ref ByteCursor cursor, GgufValueType type, string key, int depth = 0)
    {
        switch (type)
        {
            case GgufValueType.String:
                cursor.SkipStrings(1, "the text", key);
                break;
            case GgufValueType.Array:
                SkipArray(ref cursor, key, depth);
                break;
            case GgufValueType.Bool:
                CheckBools(ref cursor, 1, key);
                break;
            default:
                cursor.Skip((ulong)FixedSize(type), "the value", key);
                break;
        }
    }

    private static void SkipArray(ref ByteCursor cursor, string key, int depth)
    {
        if (depth == MostArrayDepth)
            throw new ModelFormatException($"{cursor.Path}: the value of {Shown.Text(key)} nests arrays deeper than {MostArrayDepth}.");
        GgufValueType element = ReadValueType(ref cursor, key);
        int least = element switch
        {
            GgufValueType.String => sizeof(ulong),
            GgufValueType.Array => sizeof(uint) + sizeof(ulong),
            _ => FixedSize(element),
        };
        long count = cursor.ReadCount(least, "the array length", key);
        switch (element)
        {
            case GgufValueType.String:
                cursor.SkipStrings(count, "the text", key);
                break;
            case GgufValueType.Array:
                for (long i = 0; i < count; i++)
                    SkipArray(ref cursor, key, depth + 1);
                break;
            case GgufValueType.Bool:
                CheckBools(ref cursor, count, key);
                break;
            default:
                cursor.Skip((ulong)(count * least), "the array", key);
                break;
        }
    }

    private static void CheckBools(ref ByteCursor cursor, long count, string key)
    {
        const int Chunk = 1 << 20;
        for (long left = count; left > 0;)
        {
            int take = (int)Math.Min(left, Chunk);
            int bad = cursor.Take(take, "the value", key).IndexOfAnyExceptInRange((byte)0, (byte)1);
            if (bad >= 0)
                throw new ModelFormatException($"{cursor.Path}: a boolean in {Shown.Text(key)} is neither 0 nor 1.");
            left -= take;
        }
    }
}
