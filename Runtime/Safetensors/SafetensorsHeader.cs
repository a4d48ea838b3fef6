using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Safetensors;

/// <summary>
/// Reads the JSON that lists a file's tensors. Every way in which the text can be wrong ends in a <see cref="ModelFormatException"/>.
/// </summary>
internal ref struct SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";

    private readonly string _path;
    private readonly long _dataStart;
    private readonly long _dataLength;
    private readonly List<SafetensorsTensor> _tensors;
    private readonly Dictionary<string, string> _metadata;
    private Utf8JsonReader _json;

    private SafetensorsHeader(
        ReadOnlySpan<byte> text, string path, long fileLength, List<SafetensorsTensor> tensors, Dictionary<string, string> metadata)
    {
        _json = new Utf8JsonReader(text);
        _path = path;
        _dataStart = sizeof(ulong) + text.Length;
        _dataLength = fileLength - _dataStart;
        _tensors = tensors;
        _metadata = metadata;
    }

    /// <summary>
    /// Reads the header <paramref name="text"/> of a file of <paramref name="fileLength"/> bytes, the tensors in its order.
    /// </summary>
    public static void Read(
        ReadOnlySpan<byte> text, string path, long fileLength, List<SafetensorsTensor> tensors, Dictionary<string, string> metadata)
    {
        SafetensorsHeader header = new(text, path, fileLength, tensors, metadata);
        try
        {
            header.ReadAll();
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"{path}: the header is not valid JSON: {Shown.Text(e.Message)}", e);
        }
    }

    private void ReadAll()
    {
        HashSet<string> names = [];
        Expect(JsonTokenType.StartObject, "the header");
        while (Next() == JsonTokenType.PropertyName)
        {
            string name = Text();
            if (!names.Add(name))
                throw Bad($"{Shown.Text(name)} is there twice");
            if (name == MetadataKey)
                ReadMetadata();
            else
                _tensors.Add(ReadTensor(name));
        }

        // Only white space may follow; anything else makes the reader throw.
        while (_json.Read())
        {
        }
    }

    private void ReadMetadata()
    {
        Expect(JsonTokenType.StartObject, MetadataKey);
        while (Next() == JsonTokenType.PropertyName)
        {
            string key = Text();
            Expect(JsonTokenType.String, MetadataKey + " values");
            if (!_metadata.TryAdd(key, Text()))
                throw Bad($"{MetadataKey} has {Shown.Text(key)} twice");
        }
    }

    private SafetensorsTensor ReadTensor(string name)
    {
        string? type = null;
        ImmutableArray<long> shape = default;
        ImmutableArray<long> range = default;
        Expect(JsonTokenType.StartObject, name);
        while (Next() == JsonTokenType.PropertyName)
        {
            string field = Text();
            switch (field)
            {
                case "dtype" when type is null:
                    Expect(JsonTokenType.String, name + ".dtype");
                    type = Text();
                    break;
                case "shape" when shape.IsDefault:
                    shape = ReadIntegers(name + ".shape");
                    break;
                case "data_offsets" when range.IsDefault:
                    range = ReadIntegers(name + ".data_offsets");
                    break;
                default:
                    throw Bad($"the tensor {Shown.Text(name)} has an unknown or repeated field {Shown.Text(field)}");
            }
        }

        if (type is null || shape.IsDefault || range.IsDefault)
            throw Bad($"the tensor {Shown.Text(name)} lacks one of dtype, shape and data_offsets");
        return Checked(name, type, shape, range);
    }

    private readonly SafetensorsTensor Checked(string name, string type, ImmutableArray<long> shape, ImmutableArray<long> range)
    {
        if (range.Length != 2 || range[0] > range[1] || range[1] > _dataLength)
        {
            string offsets = Shown.Text(string.Join(", ", range));
            throw Bad($"the tensor {Shown.Text(name)} has data_offsets [{offsets}], but the data has {_dataLength} bytes");
        }

        long length = range[1] - range[0];
        int bits = SafetensorsTensor.BitsOf(type);
        Int128 elements = 1;
        bool empty = false;
        foreach (long size in shape)
        {
            // Zeros are left out of the product, so that no part of it can overflow either.
            empty |= size == 0;
            elements *= Math.Max(size, 1);
            if (elements > long.MaxValue)
                throw Bad($"the tensor {Shown.Text(name)} has more elements than 64 bits count");
        }

        if (bits > 0 && (Int128)length * 8 != (empty ? 0 : elements * bits))
            throw Bad($"the tensor {Shown.Text(name)} of {type} [{Shown.Text(string.Join(", ", shape))}] has {length} bytes");
        return new SafetensorsTensor(name, type, shape, _dataStart + range[0], length);
    }

    private ImmutableArray<long> ReadIntegers(string what)
    {
        Expect(JsonTokenType.StartArray, what);
        ImmutableArray<long>.Builder values = ImmutableArray.CreateBuilder<long>(2);
        while (Next() != JsonTokenType.EndArray)
        {
            if (_json.TokenType != JsonTokenType.Number || !_json.TryGetInt64(out long value) || value < 0)
                throw Bad($"{Shown.Text(what)} has an element that is no integer from 0 to 2^63-1");
            values.Add(value);
        }

        return values.ToImmutable();
    }

    private JsonTokenType Next() => _json.Read() ? _json.TokenType : throw Bad($"it ends too early");

    private void Expect(JsonTokenType type, string what)
    {
        if (Next() != type)
            throw Bad($"{Shown.Text(what)}: {type} was expected, but {_json.TokenType} is there");
    }

    private readonly string Text()
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // Bytes that are no UTF-8, or an escape of half a character; the reader only meets them when it decodes.
            throw new ModelFormatException($"{_path}: the header has a string that is not valid Unicode.", e);
        }
    }

    private readonly ModelFormatException Bad(FormattableString complaint) =>
        new($"{_path}: the header is damaged: {complaint.ToString(CultureInfo.InvariantCulture)}.");
}
