using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Safetensors;
using Llamalith.Tests.Readers;

namespace Llamalith.Tests.Quantization;

/// <summary>Rows in every tensor type of GGUF, quantised by ggml, and the values that its own package reads from them.</summary>
public sealed class PublishedValuesTests
{
    private const int Rows = 6, Columns = 512;

    /// <summary>Types with a codebook, by GGML's ids. They are named and not read.</summary>
    private static readonly Dictionary<string, uint> s_refused = new()
    {
        ["IQ2_XXS"] = 16,
        ["IQ2_XS"] = 17,
        ["IQ3_XXS"] = 18,
        ["IQ1_S"] = 19,
        ["IQ3_S"] = 21,
        ["IQ2_S"] = 22,
        ["IQ1_M"] = 29,
    };

    [Fact]
    public void EveryPublishedType_IsReadToTheLastBitOrRefusedByName()
    {
        string path = SharedData.PathOrSkip("quants/quants.safetensors");
        using SafetensorsFile file = SafetensorsFile.Open(path);
        byte[] all = File.ReadAllBytes(path);
        string[] names =
            [.. file.Tensors.Select(static tensor => tensor.Name).Where(static name => name.EndsWith(".bytes", StringComparison.Ordinal))];
        Assert.Equal(23, names.Length);
        foreach (string name in names.Select(static name => name[..^".bytes".Length]))
        {
            byte[] stored = Part(name + ".bytes").ToArray();
            if (s_refused.TryGetValue(name, out uint id))
                Refuses(name, id, stored);
            else
                Reads(Enum.Parse<TensorType>(name), stored, MemoryMarshal.Cast<byte, int>(Part(name + ".values")));
        }

        Span<byte> Part(string name)
        {
            Assert.True(file.TryGetTensor(name, out SafetensorsTensor part));
            return all.AsSpan((int)part.Offset, (int)part.ByteLength);
        }
    }

    [Fact]
    public void Quantize_RefusesTypesThatAreOnlyRead()
    {
        foreach (TensorType type in Enum.GetValues<TensorType>().Where(static type => !TensorTypes.HasKernels(type)))
        {
            Assert.Throws<ArgumentOutOfRangeException>(
                () => BlockFormats.Quantize(type, new float[256], new byte[Formats.Bytes(type, 256)]));
        }
    }

    private static void Reads(TensorType type, byte[] stored, ReadOnlySpan<int> expected)
    {
        float[] read = new float[Rows * Columns];
        BlockFormats.Dequantize(type, stored, read);
        Assert.True(expected.SequenceEqual(MemoryMarshal.Cast<float, int>(read)), $"{type} differs.");

        // Any stretch of a row, too.
        BlockFormats.DequantizeRange(type, stored, 77, read.AsSpan(0, 1000));
        Assert.True(
            expected.Slice(77, 1000).SequenceEqual(MemoryMarshal.Cast<float, int>(read.AsSpan(0, 1000))), $"A stretch of {type} differs.");
    }

    private static void Refuses(string name, uint id, byte[] stored)
    {
        using TempFolder folder = new();
        string path = folder.Write("m.gguf", new GgufDraft { Data = stored }.Tensor("rows", id, 0, Columns, Rows).Build());
        using GgufFile file = GgufFile.Open(path);
        Assert.Equal(name, file.Tensors[0].TypeName);
        Assert.Equal(
            $"{path}: the tensor rows is {name}, which this runtime cannot read.",
            Assert.Throws<ModelFormatException>(() => file.View(file.Tensors[0])).Message);
    }
}
