using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Tests.Quantization;

/// <summary>
/// Our blocks beside ggml's own, where its shared library is at hand: set LLAMALITH_PEER to the folder that holds libggml-base.so (as
/// in bins/linux-x64 of the npm package @node-llama-cpp/linux-x64).
/// </summary>
public sealed unsafe class PeerTests
{
    private static readonly Lazy<nint> Library = new(Load);

    [Fact]
    public void Dequantize_EqualsThePeerOnRandomBytes()
    {
        Skip();
        const int Elements = 256 * 64;
        foreach (TensorType type in Formats.Blocked)
        {
            byte[] row = new byte[Formats.Bytes(type, Elements)];
            for (int seed = 0; seed < 20; seed++)
            {
                new Random(seed).NextBytes(row);
                AssertSameReading(type, row, Elements);
            }
        }
    }

    [Fact]
    public void Dequantize_EqualsThePeerOnItsBlocks()
    {
        Skip();
        foreach ((TensorType type, string distribution) in Cases())
        {
            float[] row = Formats.Row(distribution, 256 * 64);
            AssertSameReading(type, PeerQuantize(type, row), row.Length);
        }
    }

    [Fact]
    public void Quantize_IsNoWorseThanThePeer()
    {
        Skip();
        foreach ((TensorType type, string distribution) in Cases())
        {
            float[] row = Formats.Row(distribution, 256 * 256);
            float[] peer = new float[row.Length];
            BlockFormats.Dequantize(type, PeerQuantize(type, row), peer);
            double ours = QuantizeTests.RelativeError(type, row), theirs = QuantizeTests.RelativeError(row, peer);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{type}, {distribution}: {ours:E4}, the peer {theirs:E4}, ratio {ours / theirs:F4}");
            Assert.True(ours <= theirs, $"{type}, {distribution}: the error is {ours}, the peer's {theirs}.");
        }
    }

    private static IEnumerable<(TensorType Type, string Distribution)> Cases() =>
        from type in Formats.Blocked from distribution in Formats.Distributions.Keys select (type, distribution);

    private static void Skip()
    {
        string? folder = Environment.GetEnvironmentVariable("LLAMALITH_PEER");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "LLAMALITH_PEER names no folder with libggml-base.so.");
    }

    private static nint Load()
    {
        nint library = NativeLibrary.Load(Path.Combine(Environment.GetEnvironmentVariable("LLAMALITH_PEER")!, "libggml-base.so"));

        // The peer fills its tables of halves when it makes its first context.
        delegate* unmanaged<InitParameters,
            nint> init = (delegate* unmanaged<InitParameters, nint>)NativeLibrary.GetExport(library, "ggml_init");
        Assert.NotEqual(0, init(new InitParameters { MemorySize = 1 << 20 }));
        return library;
    }

    private static void AssertSameReading(TensorType type, byte[] row, int elements)
    {
        string name = "dequantize_row_" + type.ToString().Replace('Q', 'q');
        delegate* unmanaged<byte*, float*, long, void> dequantize =
            (delegate* unmanaged<byte*, float*, long, void>)NativeLibrary.GetExport(Library.Value, name);
        float[] ours = new float[elements], theirs = new float[elements];
        BlockFormats.Dequantize(type, row, ours);
        fixed (byte* from = row)
        fixed (float* to = theirs)
            dequantize(from, to, elements);
        for (int i = 0; i < elements; i++)
            BlockFormatsTests.AssertSameBits(theirs[i], ours[i], $"{type}, element {i}");
    }

    private static byte[] PeerQuantize(TensorType type, float[] row)
    {
        delegate* unmanaged<int, float*, byte*, long, long, long, float*, nuint> quantize =
            (delegate* unmanaged<int, float*, byte*, long, long, long, float*, nuint>)NativeLibrary.GetExport(
                Library.Value, "ggml_quantize_chunk");
        byte[] stored = new byte[Formats.Bytes(type, row.Length)];
        fixed (float* from = row)
        fixed (byte* to = stored)
            Assert.Equal((nuint)stored.Length, quantize((int)type, from, to, 0, 1, row.Length, null));
        return stored;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct InitParameters
    {
        public nuint MemorySize;
        public nint MemoryBuffer;
        public byte NoAllocation;
    }
}
