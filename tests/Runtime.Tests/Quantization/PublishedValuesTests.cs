using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Safetensors;

namespace Llamalith.Tests.Quantization;

/// <summary>Rows in every tensor type of GGUF, quantised by ggml, and the values that its own package reads from them: the same bits here.</summary>
public sealed class PublishedValuesTests
{
    [Fact]
    public void Dequantize_GivesThePublishedBits()
    {
        string path = SharedData.PathOrSkip("quants/quants.safetensors");
        using SafetensorsFile file = SafetensorsFile.Open(path);
        byte[] all = File.ReadAllBytes(path);
        string[] types = [.. file.Tensors.Select(static tensor => tensor.Name).Where(static name => name.EndsWith(".bytes", StringComparison.Ordinal)).Select(static name => name[..^".bytes".Length])];
        Assert.Equal(23, types.Length);
        foreach (string name in types)
        {
            TensorType type = Enum.Parse<TensorType>(name);
            Assert.True(file.TryGetTensor(name + ".bytes", out SafetensorsTensor bytes));
            Assert.True(file.TryGetTensor(name + ".values", out SafetensorsTensor values));
            Span<byte> stored = all.AsSpan((int)bytes.Offset, (int)bytes.ByteLength);
            int[] expected = MemoryMarshal.Cast<byte, int>(all.AsSpan((int)values.Offset, (int)values.ByteLength)).ToArray();
            float[] read = new float[expected.Length];
            BlockFormats.Dequantize(type, stored, read);
            Assert.True(expected.AsSpan().SequenceEqual(MemoryMarshal.Cast<float, int>(read)), $"{name} differs.");

            // Any stretch of a row, too.
            BlockFormats.DequantizeRange(type, stored, 77, read.AsSpan(0, 1000));
            Assert.True(expected.AsSpan(77, 1000).SequenceEqual(MemoryMarshal.Cast<float, int>(read.AsSpan(0, 1000))), $"A stretch of {name} differs.");
        }
    }

    [Fact]
    public void Quantize_RefusesTypesThatAreOnlyRead()
    {
        foreach (TensorType type in Enum.GetValues<TensorType>().Where(static type => !TensorTypes.HasKernels(type)))
            Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.Quantize(type, new float[256], new byte[Formats.Bytes(type, 256)]));
    }
}
