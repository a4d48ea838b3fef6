using System.Collections.Generic;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Gguf;

/// <summary>
/// What a file says about itself, in the file's order. The typed getters return null where the key is absent, and refuse a value
/// of another type than asked for.
/// </summary>
public sealed class GgufMetadata
{
    private readonly Dictionary<string, GgufValue> _values = [];
    private readonly string _path;

    internal GgufMetadata(string path) => _path = path;

    /// <summary>The keys, in the file's order.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>Whether the file has the key.</summary>
    public bool Contains(string key) => _values.ContainsKey(key);

    /// <summary>The value of a key, of whatever type.</summary>
    public bool TryGetValue(string key, out GgufValue value) => _values.TryGetValue(key, out value);

    /// <summary>An integer of any width.</summary>
    /// <exception cref="ModelFormatException">The value is no integer, or above 2^63-1.</exception>
    public long? GetInteger(string key)
    {
        if (!_values.TryGetValue(key, out GgufValue value))
            return null;
        return value.TryGetInteger(out long integer) ? integer : throw NotA("an integer", key, value);
    }

    /// <summary>A float of either width. It may be NaN or infinite.</summary>
    /// <exception cref="ModelFormatException">The value is no float.</exception>
    public double? GetReal(string key)
    {
        if (!_values.TryGetValue(key, out GgufValue value))
            return null;
        return value.TryGetReal(out double real) ? real : throw NotA("a float", key, value);
    }

    /// <summary>A boolean.</summary>
    /// <exception cref="ModelFormatException">The value is no boolean.</exception>
    public bool? GetBoolean(string key)
    {
        if (!_values.TryGetValue(key, out GgufValue value))
            return null;
        return value.TryGetBoolean(out bool boolean) ? boolean : throw NotA("a boolean", key, value);
    }

    /// <summary>A string.</summary>
    /// <exception cref="ModelFormatException">The value is no string.</exception>
    public string? GetText(string key)
    {
        if (!_values.TryGetValue(key, out GgufValue value))
            return null;
        return value.TryGetText(out string text) ? text : throw NotA("a string", key, value);
    }

    /// <summary>An array.</summary>
    /// <exception cref="ModelFormatException">The value is no array.</exception>
    public GgufArray? GetArray(string key)
    {
        if (!_values.TryGetValue(key, out GgufValue value))
            return null;
        return value.TryGetArray(out GgufArray array) ? array : throw NotA("an array", key, value);
    }

    internal void Add(string key, GgufValue value)
    {
        if (!_values.TryAdd(key, value))
            throw new ModelFormatException($"{_path}: the key {Shown.Text(key)} is there twice.");
    }

    private ModelFormatException NotA(string wanted, string key, GgufValue value) =>
        new($"{_path}: {key} is {Shown.Text(value.ToString())} ({value.Type}), but {wanted} was expected.");
}
