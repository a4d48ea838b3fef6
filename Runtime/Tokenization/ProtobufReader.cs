using System;
using System.Buffers.Binary;
using Llamalith.Contracts;

namespace Llamalith.Tokenization;

/// <summary>
/// Reads one protobuf message, field by field, where it lies. Every length is checked against the bytes that are there.
/// </summary>
/// <param name="message">The message.</param>
/// <param name="source">The file, for messages.</param>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string source)
{
    private const int MaxVarintBytes = 10;

    private readonly string _source = source;
    private ReadOnlySpan<byte> _rest = message;
    private WireType _wireType;

    private enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        Fixed32 = 5,
    }

    /// <summary>Goes to the next field; false at the end. The field's value must then be read or skipped.</summary>
    public bool NextField(out int number)
    {
        number = 0;
        if (_rest.IsEmpty)
            return false;
        ulong tag = Varint();
        number = (int)Math.Min(tag >> 3, int.MaxValue);
        _wireType = (WireType)(tag & 7);
        if (number is 0 or int.MaxValue || !Enum.IsDefined(_wireType))
            throw new ModelFormatException($"{_source}: {tag} is no protobuf field tag.");
        return true;
    }

    /// <summary>The field's value as an integer, an enum or a bool.</summary>
    public ulong ReadInteger()
    {
        Require(WireType.Varint);
        return Varint();
    }

    /// <summary>The field's value as a bool.</summary>
    public bool ReadBool() => ReadInteger() != 0;

    /// <summary>The field's value as a 32-bit float.</summary>
    public float ReadFloat()
    {
        Require(WireType.Fixed32);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));
    }

    /// <summary>The field's value as bytes, a string or a message.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        Require(WireType.Bytes);
        return Take(Varint());
    }

    /// <summary>Passes over the field's value.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case WireType.Varint:
                Varint();
                break;
            case WireType.Fixed64:
                Take(sizeof(ulong));
                break;
            case WireType.Bytes:
                Take(Varint());
                break;
            case WireType.Fixed32:
                Take(sizeof(uint));
                break;
        }
    }

    private readonly void Require(WireType expected)
    {
        if (_wireType != expected)
            throw new ModelFormatException($"{_source}: a protobuf field is of wire type {_wireType}, but should be {expected}.");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
            throw new ModelFormatException($"{_source}: a protobuf field has {length} bytes, but {_rest.Length} are left.");
        ReadOnlySpan<byte> taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int i = 0; i < MaxVarintBytes && i < _rest.Length; i++)
        {
            byte part = _rest[i];
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }
        throw new ModelFormatException($"{_source}: a protobuf integer does not end.");
    }
}
