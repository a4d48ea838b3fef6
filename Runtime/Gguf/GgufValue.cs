using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Llamalith.Gguf;

/// <summary>One metadata value, read where it lies in the file. Valid as long as its <see cref="GgufFile"/>.</summary>
public readonly unsafe struct GgufValue
{
    private readonly GgufFile _file;
    private readonly string _key;
    private readonly long _offset;
    private readonly long _bytes;

    internal GgufValue(GgufFile file, string key, GgufValueType type, long offset, long bytes)
    {
        _file = file;
        _key = key;
        Type = type;
        _offset = offset;
        _bytes = bytes;
    }

    /// <summary>The type that the file gives the value.</summary>
    public GgufValueType Type { get; }

    /// <summary>The value exactly as stored: of an array, the element type and count come first.</summary>
    internal ReadOnlySpan<byte> Encoded => new(_file.At(_offset), checked((int)_bytes));

    /// <summary>An integer of any width; false for anything else, and for one above 2^63-1.</summary>
    public bool TryGetInteger(out long value)
    {
        (bool isInteger, value) = Type switch
        {
            GgufValueType.UInt8 => (true, Encoded[0]),
            GgufValueType.Int8 => (true, (sbyte)Encoded[0]),
            GgufValueType.UInt16 => (true, BinaryPrimitives.ReadUInt16LittleEndian(Encoded)),
            GgufValueType.Int16 => (true, BinaryPrimitives.ReadInt16LittleEndian(Encoded)),
            GgufValueType.UInt32 => (true, BinaryPrimitives.ReadUInt32LittleEndian(Encoded)),
            GgufValueType.Int32 => (true, BinaryPrimitives.ReadInt32LittleEndian(Encoded)),
            GgufValueType.Int64 or GgufValueType.UInt64 => (true, BinaryPrimitives.ReadInt64LittleEndian(Encoded)),
            _ => (false, 0L),
        };
        return isInteger && !(Type == GgufValueType.UInt64 && value < 0);
    }

    /// <summary>A float of either width; false for anything else. It may be NaN or infinite.</summary>
    public bool TryGetReal(out double value)
    {
        (bool isReal, value) = Type switch
        {
            GgufValueType.Float32 => (true, BinaryPrimitives.ReadSingleLittleEndian(Encoded)),
            GgufValueType.Float64 => (true, BinaryPrimitives.ReadDoubleLittleEndian(Encoded)),
            _ => (false, 0.0),
        };
        return isReal;
    }

    /// <summary>A boolean; false for anything else.</summary>
    public bool TryGetBoolean(out bool value)
    {
        value = Type == GgufValueType.Bool && Encoded[0] != 0;
        return Type == GgufValueType.Bool;
    }

    /// <summary>A string; false for anything else. Bytes that are no UTF-8 become U+FFFD.</summary>
    public bool TryGetText(out string value)
    {
        value = Type == GgufValueType.String ? Encoding.UTF8.GetString(Encoded[sizeof(ulong)..]) : "";
        return Type == GgufValueType.String;
    }

    /// <summary>An array; false for anything else.</summary>
    public bool TryGetArray(out GgufArray value)
    {
        const int Header = sizeof(uint) + sizeof(ulong);
        value = default;
        if (Type != GgufValueType.Array)
            return false;
        ReadOnlySpan<byte> header = new(_file.At(_offset), Header);
        value = new GgufArray(
            _file,
            _key,
            (GgufValueType)BinaryPrimitives.ReadUInt32LittleEndian(header),
            BinaryPrimitives.ReadInt64LittleEndian(header[sizeof(uint)..]),
            _offset + Header,
            _bytes - Header);
        return true;
    }

    /// <summary>The value in words: a number, true or false, the text itself, or an array's element type and count.</summary>
    public override string ToString()
    {
        if (TryGetText(out string text))
            return text;
        if (TryGetBoolean(out bool boolean))
            return boolean ? "true" : "false";
        if (TryGetReal(out double real))
        {
            return Type == GgufValueType.Float32 ? ((float)real)
                .ToString(CultureInfo.InvariantCulture) : real.ToString(CultureInfo.InvariantCulture);
        }

        if (TryGetArray(out GgufArray array))
            return string.Create(CultureInfo.InvariantCulture, $"{array.ElementType}[{array.Count}]");
        return TryGetInteger(out long integer)
            ? integer.ToString(CultureInfo.InvariantCulture)
            : ((ulong)integer).ToString(CultureInfo.InvariantCulture);
    }
}
