using System;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tests.Readers;

public sealed unsafe class GgufWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_GivesTheBytesOfTheFormat()
    {
        GgufWriter writer = new();
        writer.Add("general.architecture", "test");
        writer.Add("a.u8", (byte)200);
        writer.Add("a.i8", (sbyte)-128);
        writer.Add("a.u16", (ushort)60000);
        writer.Add("a.i16", (short)-30000);
        writer.Add("a.u32", 4000000000u);
        writer.Add("a.i32", -2000000000);
        writer.Add("a.f32", 0.1f);
        writer.Add("a.bool", true);
        writer.Add("a.u64", ulong.MaxValue);
        writer.Add("a.i64", long.MinValue);
        writer.Add("a.f64", 0.1);
        writer.Add("b.ints", GgufArrayContent.Of((short[])[1, -2, 3]));
        writer.Add("b.texts", GgufArrayContent.Of(["one", "", "drei €"]));
        writer.Add("b.flags", GgufArrayContent.Of((bool[])[false, true]));
        writer.Add("b.none", GgufArrayContent.Of(ReadOnlySpan<byte>.Empty));
        writer.Add("b.nested", GgufArrayContent.Of([GgufArrayContent.Of((byte[])[7, 8]), GgufArrayContent.Of(["deep"])]));
        GgufDraft draft = GgufDraft.Sample();
        writer.AddTensor("f32", TensorType.F32, 3, 2, s => s.Write(draft.Data, 0, 24));
        writer.AddTensor("bf16", TensorType.BF16, 1, 5, s => s.Write(draft.Data, 32, 10));
        writer.AddTensor("q8", TensorType.Q8_0, [32, 1], s => s.Write(draft.Data, 64, 34));

        // The gaps between tensors are zero in what is written, and the end is padded.
        Array.Clear(draft.Data, 24, 8);
        Array.Clear(draft.Data, 42, 22);
        draft.Data = [.. draft.Data, .. new byte[30]];
        using MemoryStream stream = new();
        writer.Write(stream);
        Assert.Equal(draft.Build(), stream.ToArray());
    }

    [Fact]
    public void Write_GivesArraysOfEveryType()
    {
        GgufWriter writer = new();
        writer.Add("i8", GgufArrayContent.Of((sbyte[])[-1]));
        writer.Add("u16", GgufArrayContent.Of((ushort[])[1]));
        writer.Add("u32", GgufArrayContent.Of((uint[])[2]));
        writer.Add("i32", GgufArrayContent.Of((int[])[-3]));
        writer.Add("u64", GgufArrayContent.Of((ulong[])[4]));
        writer.Add("i64", GgufArrayContent.Of((long[])[-5]));
        writer.Add("f32", GgufArrayContent.Of((float[])[0.5f]));
        writer.Add("f64", GgufArrayContent.Of((double[])[0.25]));
        using GgufFile file = WriteAndOpen(writer);
        Assert.Equal([-1, 1, 2, -3, 4, -5], file.Metadata.Keys.Take(6).Select(k => file.Metadata.GetArray(k)!.Value.ToIntegers().Single()));
        Assert.Equal([0.5f], file.Metadata.GetArray("f32")!.Value.ToSingles());
        Assert.True(file.Metadata.GetArray("f64")!.Value.Values().Single().TryGetReal(out double real));
        Assert.Equal(0.25, real);
    }

    [Fact]
    public void Write_CopiesValuesOfAnotherFile()
    {
        using GgufFile source = GgufFile.Open(_folder.Write("source.gguf", GgufDraft.Sample().Build()));
        GgufWriter writer = new();
        foreach (string key in source.Metadata.Keys)
        {
            Assert.True(source.Metadata.TryGetValue(key, out GgufValue value));
            writer.Add(key, value);
        }

        using GgufFile copy = WriteAndOpen(writer);
        Assert.Equal(source.Metadata.Keys, copy.Metadata.Keys);
        foreach (string key in source.Metadata.Keys)
        {
            Assert.True(source.Metadata.TryGetValue(key, out GgufValue theirs));
            Assert.True(copy.Metadata.TryGetValue(key, out GgufValue mine));
            Assert.Equal(theirs.Type, mine.Type);
            Assert.Equal(theirs.Encoded, mine.Encoded);
        }
    }

    [Fact]
    public void Write_AlignsTensors()
    {
        GgufWriter writer = new(alignment: 128);
        writer.AddTensor("a", TensorType.F16, 1, 3, s => s.Write([1, 2, 3, 4, 5, 6]));
        writer.AddTensor("b", TensorType.F16, 1, 1, s => s.Write([7, 8]));
        using GgufFile file = WriteAndOpen(writer);
        Assert.Equal(128, file.Alignment);
        Assert.Equal(7, *file.View(file.Tensors[1]).Data);
        Assert.All(file.Tensors, t => Assert.Equal(0, t.Offset % 128));
    }

    [Fact]
    public void Write_AsksForOneTensorAtATimeAndNeedsNoSeeking()
    {
        GgufWriter writer = new();
        int open = 0;
        for (int i = 0; i < 3; i++)
        {
            byte mark = (byte)i;
            writer.AddTensor("t" + i, TensorType.F32, 2, 2, s =>
            {
                Assert.Equal(0, open++);
                for (int j = 0; j < 16; j++)
                    s.WriteByte(mark);
                open--;
            });
        }

        using MemoryStream memory = new();
        using (System.IO.Compression.GZipStream forwardOnly = new(memory, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            writer.Write(forwardOnly);
        memory.Position = 0;
        using System.IO.Compression.GZipStream unpacked = new(memory, System.IO.Compression.CompressionMode.Decompress);
        using MemoryStream bytes = new();
        unpacked.CopyTo(bytes);
        using GgufFile file = GgufFile.Open(_folder.Write("t.gguf", bytes.ToArray()));
        Assert.Equal([0, 1, 2], file.Tensors.Select(t => (int)*file.View(t).Data));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    public void Write_RefusesACallbackThatWritesAnotherLength(int length)
    {
        GgufWriter writer = new();
        writer.AddTensor("t", TensorType.F32, 2, 2, s => s.Write(new byte[length]));
        using MemoryStream stream = new();
        Assert.Contains("t has 16 bytes", Assert.Throws<InvalidOperationException>(() => writer.Write(stream)).Message);
    }

    [Fact]
    public void Add_RefusesWhatNoReaderTakes()
    {
        GgufWriter writer = new();
        writer.Add("key", 1);
        writer.AddTensor("t", TensorType.F32, 1, 1, _ => { });
        Assert.Throws<ArgumentException>(() => writer.Add("key", 2));
        Assert.Throws<ArgumentException>(() => writer.Add("", 2));
        Assert.Throws<ArgumentException>(() => writer.Add(new string('k', 65536), 2));
        Assert.Throws<ArgumentException>(() => writer.Add("general.alignment", 64u));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("t", TensorType.F32, 1, 1, _ => { }));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("", TensorType.F32, 1, 1, _ => { }));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("u", TensorType.F32, [1, 1, 1, 1, 1], _ => { }));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("u", TensorType.F32, [], _ => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.AddTensor("u", TensorType.F32, [0], _ => { }));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("u", TensorType.Q8_0, 1, 33, _ => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GgufWriter(alignment: 48));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GgufWriter(alignment: 4));
        using GgufFile file = GgufFile.Open(_folder.Write("after.gguf", Written(new GgufWriter())));
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public void Arrays_NestAsDeepAsAReaderGoes()
    {
        GgufArrayContent deep = GgufArrayContent.Of((byte[])[1]);
        for (int i = 0; i < 7; i++)
            deep = GgufArrayContent.Of([deep]);
        GgufWriter writer = new();
        writer.Add("deep", deep);
        using GgufFile file = WriteAndOpen(writer);
        Assert.Equal(1, file.Metadata.GetArray("deep")!.Value.Count);
        Assert.Throws<ArgumentException>(() => GgufArrayContent.Of([deep]));
    }

    private static byte[] Written(GgufWriter writer)
    {
        using MemoryStream stream = new();
        writer.Write(stream);
        return stream.ToArray();
    }

    private GgufFile WriteAndOpen(GgufWriter writer)
    {
        writer.Write(_folder["written.gguf"]);
        return GgufFile.Open(_folder["written.gguf"]);
    }
}
