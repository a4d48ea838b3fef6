using System;
using System.IO;
using System.Text.Json;
using System.Text.Unicode;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Safetensors;

/// <summary>
/// Reads the small JSON files that lie beside tensors. Whatever is wrong with the text ends in a <see cref="ModelFormatException"/>.
/// </summary>
internal static class JsonFile
{
    private const long MostBytes = 64 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a file whose root is an object.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static JsonDocument Open(string path)
    {
        using MappedFile file = MappedFile.Open(path);
        if (file.Length > MostBytes)
            throw new ModelFormatException($"{path} has {file.Length} bytes, but at most {MostBytes} are read of such a file.");
        byte[] text = new byte[file.Length];
        unsafe
        {
            new ReadOnlySpan<byte>(file.Data, text.Length).CopyTo(text);
        }

        return Parse(text, path);
    }

    /// <summary>Reads a text whose root is an object.</summary>
    public static JsonDocument Parse(byte[] text, string path)
    {
        // Of all that a message quotes, nothing can fail to decode then.
        if (!Utf8.IsValid(text))
            throw new ModelFormatException($"{path} is not UTF-8.");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, Strict);
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"{path} is not valid JSON: {Shown.Text(e.Message)}", e);
        }
        catch (InvalidOperationException e)
        {
            // Property names are decoded to be compared.
            throw NotUnicode(path, e);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new ModelFormatException($"{path} is JSON, but no object.");
    }

    /// <summary>A property's name.</summary>
    public static string Name(JsonProperty property, string path)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw NotUnicode(path, e);
        }
    }

    /// <summary>A string. <paramref name="what"/> it is, is for messages.</summary>
    public static string Text(JsonElement element, string what, string path)
    {
        if (element.ValueKind != JsonValueKind.String)
            throw new ModelFormatException($"{path}: {Shown.Text(what)} is {element.ValueKind}, but a string was expected.");
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw NotUnicode(path, e);
        }
    }

    // An escape of half a character, as in "\ud800".
    private static ModelFormatException NotUnicode(string path, InvalidOperationException e) =>
        new($"{path} has a string that is not valid Unicode.", e);
}
