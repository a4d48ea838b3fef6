using System;
using System.Buffers.Binary;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;
using Llamalith.Safetensors;

namespace Llamalith.Checkpoints;

/// <summary>Opens a model file of any known format, which it finds out from the content.</summary>
public static class CheckpointLoader
{
    /// <summary>
    /// Opens a GGUF file, a packed file, a folder with safetensors and config.json, one .safetensors file with config.json beside it, or
    /// a llama2.c checkpoint. Costs milliseconds whatever the size: weights are read when they are used.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="ModelFormatException">It is of no known format, damaged, or holds a model of another kind; one line says
    /// what.</exception>
    /// <exception cref="IOException">The system cannot read it.</exception>
    /// <exception cref="UnauthorizedAccessException">The system does not let this process read it.</exception>
    public static Checkpoint Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            return SafetensorsCheckpoint.Open(path);
        return FormatOf(path) switch
        {
            ModelFormat.Gguf => FromGguf(GgufFile.Open(path)),
            ModelFormat.Safetensors => SafetensorsCheckpoint.Open(path),
            _ => Llama2cCheckpoint.Open(path),
        };
    }

    // A packed file is a GGUF container too.
    private static Checkpoint FromGguf(GgufFile file) =>
        Handover.Make<GgufFile, Checkpoint>(
            file, static open => PackedCheckpoint.Is(open) ? PackedCheckpoint.From(open) : GgufCheckpoint.From(open));

    private static unsafe ModelFormat FormatOf(string path)
    {
        using MappedFile file = MappedFile.Open(path);
        ReadOnlySpan<byte> start = new(file.Data, (int)Math.Min(file.Length, 16));
        uint magic = start.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(start);
        if (magic == GgufFormat.Magic)
            return ModelFormat.Gguf;
        if (SafetensorsFile.LooksLike(start, file.Length))
            return ModelFormat.Safetensors;
        if (Foreign(magic) is { } foreign)
            throw new ModelFormatException($"{path} is {foreign}, which cannot be read.");

        // The content speaks for no format: a reader that the name asks for tells best what is wrong.
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".GGUF" or ".LLITH" => ModelFormat.Gguf,
            ".SAFETENSORS" => ModelFormat.Safetensors,
            _ => ModelFormat.Llama2c,
        };
    }

    // Without a magic number of its own, version 0 of llama2.c takes what no one else claims: better to name the usual strangers.
    private static string? Foreign(uint magic) => magic switch
    {
        0x04034b50 => "a ZIP archive (such as a PyTorch .pt or .bin file)",
        0x67676d6c or 0x67676d66 or 0x67676a74 => "a GGML file of the time before GGUF",
        _ => null,
    };

    private enum ModelFormat
    {
        Llama2c,
        Gguf,
        Safetensors,
    }
}
