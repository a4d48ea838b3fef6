using System;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tests.Readers;

public sealed unsafe class GgufFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Open_ReadsBothVersions(uint version)
    {
        GgufDraft draft = GgufDraft.Sample();
        draft.Version = version;
        using GgufFile file = Open(draft);
        Assert.Equal((int)version, file.Version);
        Assert.Equal(32, file.Alignment);
        Assert.Equal(17, file.Metadata.Keys.Count);
        Assert.Equal(["f32", "bf16", "q8"], file.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void Metadata_HasEveryNumberType()
    {
        using GgufFile file = Open(GgufDraft.Sample());
        GgufMetadata metadata = file.Metadata;
        Assert.Equal(200, metadata.GetInteger("a.u8"));
        Assert.Equal(-128, metadata.GetInteger("a.i8"));
        Assert.Equal(60000, metadata.GetInteger("a.u16"));
        Assert.Equal(-30000, metadata.GetInteger("a.i16"));
        Assert.Equal(4000000000, metadata.GetInteger("a.u32"));
        Assert.Equal(-2000000000, metadata.GetInteger("a.i32"));
        Assert.Equal(long.MinValue, metadata.GetInteger("a.i64"));
        Assert.Equal(0.1f, metadata.GetReal("a.f32"));
        Assert.Equal(0.1, metadata.GetReal("a.f64"));
        Assert.True(metadata.GetBoolean("a.bool"));
        Assert.Equal("test", metadata.GetText("general.architecture"));
    }

    [Fact]
    public void Metadata_RefusesAnIntegerAboveLong()
    {
        using GgufFile file = Open(GgufDraft.Sample());
        Assert.Contains("a.u64", Assert.Throws<ModelFormatException>(() => file.Metadata.GetInteger("a.u64")).Message);
        Assert.True(file.Metadata.TryGetValue("a.u64", out GgufValue value));
        Assert.Equal("18446744073709551615", value.ToString());
    }

    [Fact]
    public void Metadata_IsNullWhereAKeyIsAbsent()
    {
        using GgufFile file = Open(GgufDraft.Sample());
        Assert.Null(file.Metadata.GetInteger("absent"));
        Assert.Null(file.Metadata.GetReal("absent"));
        Assert.Null(file.Metadata.GetBoolean("absent"));
        Assert.Null(file.Metadata.GetText("absent"));
        Assert.Null(file.Metadata.GetArray("absent"));
        Assert.False(file.Metadata.Contains("absent"));
    }

    [Fact]
    public void Metadata_RefusesAnotherTypeThanAskedFor()
    {
        using GgufFile file = Open(GgufDraft.Sample());
        Assert.Contains("a.f32 is 0.1 (Float32)", Assert.Throws<ModelFormatException>(() => file.Metadata.GetInteger("a.f32")).Message);
        Assert.Throws<ModelFormatException>(() => file.Metadata.GetReal("a.u8"));
        Assert.Throws<ModelFormatException>(() => file.Metadata.GetBoolean("a.u8"));
        Assert.Throws<ModelFormatException>(() => file.Metadata.GetText("a.u8"));
        Assert.Throws<ModelFormatException>(() => file.Metadata.GetArray("a.u8"));
    }

    [Fact]
    public void Arrays_AreDecodedWhenAskedFor()
    {
        using GgufFile file = Open(GgufDraft.Sample());
        Assert.Equal([1, -2, 3], file.Metadata.GetArray("b.ints")!.Value.ToIntegers());
        Assert.Equal(["one", "", "drei €"], file.Metadata.GetArray("b.texts")!.Value.ToStrings());
        Assert.Equal([false, true], file.Metadata.GetArray("b.flags")!.Value.Values().Select(v => v.TryGetBoolean(out bool b) && b));
        Assert.Equal(0, file.Metadata.GetArray("b.none")!.Value.Count);
        Assert.Empty(file.Metadata.GetArray("b.none")!.Value.ToIntegers());
    }

    [Fact]
    public void Arrays_Nest()
    {
        using GgufFile file = Open(GgufDraft.Sample());
        GgufArray outer = file.Metadata.GetArray("b.nested")!.Value;
        Assert.Equal(GgufValueType.Array, outer.ElementType);
        GgufValue[] inner = [.. outer.Values()];
        Assert.Equal(2, inner.Length);
        Assert.True(inner[0].TryGetArray(out GgufArray numbers));
        Assert.Equal([7, 8], numbers.ToIntegers());
        Assert.True(inner[1].TryGetArray(out GgufArray texts));
        Assert.Equal(["deep"], texts.ToStrings());
    }

    [Fact]
    public void Arrays_RefuseAnotherTypeThanAskedFor()
    {
        using GgufFile file = Open(GgufDraft.Sample());
        Assert.Throws<ModelFormatException>(() => file.Metadata.GetArray("b.ints")!.Value.ToStrings());
        Assert.Throws<ModelFormatException>(() => file.Metadata.GetArray("b.ints")!.Value.ToSingles());
        Assert.Throws<ModelFormatException>(() => file.Metadata.GetArray("b.texts")!.Value.ToIntegers());
        Assert.Throws<ModelFormatException>(() => file.Metadata.GetArray("b.flags")!.Value.ToIntegers());
    }

    [Fact]
    public void Strings_AreEnumeratedWithoutAllocation()
    {
        using GgufFile file = Open(GgufDraft.Sample());
        GgufArray texts = file.Metadata.GetArray("b.texts")!.Value;
        long total = Total(texts);
        long again = 0;
        Assert.Equal(0, Allocations.Least(() => again = Total(texts)));
        Assert.Equal(3 + 0 + 8, total);
        Assert.Equal(total, again);

        static long Total(GgufArray texts)
        {
            long total = 0;
            foreach (ReadOnlySpan<byte> text in texts.EnumerateUtf8())
                total += text.Length;
            return total;
        }
    }

    [Fact]
    public void Tensors_LieWhereTheFileSays()
    {
        GgufDraft draft = GgufDraft.Sample();
        using GgufFile file = Open(draft);
        Assert.True(file.TryGetTensor("f32", out GgufTensor f32));
        TensorView view = file.View(f32);
        Assert.Equal((TensorType.F32, 3L, 2L, 24L), (view.Type, view.Rows, view.Columns, view.ByteLength));
        Assert.Equal(draft.Data[..24], new ReadOnlySpan<byte>(view.Data, 24).ToArray());
        Assert.True(file.TryGetTensor("bf16", out GgufTensor bf16));
        view = file.View(bf16);
        Assert.Equal((TensorType.BF16, 1L, 5L, 10L), (view.Type, view.Rows, view.Columns, view.ByteLength));
        Assert.Equal(draft.Data[32..42], new ReadOnlySpan<byte>(view.Data, 10).ToArray());
        Assert.True(file.TryGetTensor("q8", out GgufTensor q8));
        view = file.View(q8);
        Assert.Equal((TensorType.Q8_0, 1L, 32L, 34L), (view.Type, view.Rows, view.Columns, view.ByteLength));
        Assert.Equal(draft.Data[64..98], new ReadOnlySpan<byte>(view.Data, 34).ToArray());
        Assert.False(file.TryGetTensor("absent", out _));
    }

    [Fact]
    public void Tensors_OfFourDimensionsHaveTheProductAsRows()
    {
        using GgufFile file = Open(new GgufDraft { Data = new byte[2 * 3 * 4 * 5 * 4] }.Tensor("t", 0, 0, 2, 3, 4, 5));
        Assert.Equal((60L, 2L), (file.Tensors[0].Rows, file.Tensors[0].Columns));
    }

    [Fact]
    public void Tensors_OfUnknownTypeAreListedButNotViewed()
    {
        using GgufFile file = Open(new GgufDraft { Data = new byte[64] }.Tensor("odd", 38, 0, 32).Tensor("sound", 0, 32, 8));
        Assert.Equal(38u, file.Tensors[0].TypeId);
        Assert.Null(file.Tensors[0].Type);
        Assert.Null(file.Tensors[0].ByteLength);
        string message = Assert.Throws<ModelFormatException>(() => file.View(file.Tensors[0])).Message;
        Assert.Contains("the tensor odd is IQ4_NL_8_8, which", message);
        Assert.Equal(32, file.View(file.Tensors[1]).ByteLength);
    }

    [Fact]
    public void Tensors_OfAnotherFileAreRefused()
    {
        using GgufFile one = Open(GgufDraft.Sample());
        using GgufFile two = Open(GgufDraft.Sample());
        Assert.Throws<ArgumentException>(() => one.View(two.Tensors[0]));
    }

    [Fact]
    public void Open_TakesAFileWithoutTensors()
    {
        using GgufFile file = Open(new GgufDraft().Pair("k", GgufValueType.UInt8, [1]));
        Assert.Empty(file.Tensors);
        Assert.Equal(1, file.Metadata.GetInteger("k"));
    }

    [Fact]
    public void Open_HonoursTheAlignment()
    {
        GgufDraft draft = new() { Alignment = 256, Data = new byte[256 + 8] };
        draft.Data[256] = 42;
        draft.Pair("general.alignment", GgufValueType.UInt32, GgufDraft.Bytes(256u)).Tensor("a", 0, 0, 2).Tensor("b", 0, 256, 2);
        using GgufFile file = Open(draft);
        Assert.Equal(256, file.Alignment);
        Assert.Equal(42, *file.View(file.Tensors[1]).Data);
    }

    [Fact]
    public void Dispose_InvalidatesWhatIsReadLater()
    {
        GgufFile file = Open(GgufDraft.Sample());
        GgufTensor tensor = file.Tensors[0];
        GgufArray texts = file.Metadata.GetArray("b.texts")!.Value;
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.View(tensor));
        Assert.Throws<ObjectDisposedException>(() => texts.ToStrings());
        Assert.Throws<ObjectDisposedException>(() => file.Metadata.GetInteger("a.u8"));
    }

    [Fact]
    public void Advise_ChangesNothingThatIsRead()
    {
        GgufDraft draft = new() { Data = Enumerable.Range(0, 3 * 65536).Select(i => (byte)(i % 251)).ToArray() };
        using GgufFile file = Open(draft.Tensor("t", 0, 0, 3 * 65536 / 4));
        TensorView view = file.View(file.Tensors[0]);
        Assert.True(new ReadOnlySpan<byte>(view.Data, (int)view.ByteLength).SequenceEqual(draft.Data));
        Assert.Equal(OperatingSystem.IsLinux(), file.Advise(view, MemoryAdvice.DontNeed));
        Assert.True(new ReadOnlySpan<byte>(view.Data, (int)view.ByteLength).SequenceEqual(draft.Data));
    }

    [Fact]
    public void Open_NamesAMissingFile() =>
        Assert.Contains("absent.gguf", Assert.Throws<FileNotFoundException>(() => GgufFile.Open(_folder["absent.gguf"])).Message);

    [Fact]
    public void Open_LeavesARefusedFileUnmapped()
    {
        string path = _folder.Write("bad.gguf", new byte[100]);
        Assert.Throws<ModelFormatException>(() => GgufFile.Open(path));
        using FileStream alone = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(100, alone.Length);
    }

    [Fact]
    public void Refuses_AnotherMagicNumber() => Refuses(Sample(d => d.Magic = 0x12345678), "0x12345678", "GGUF");

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(4u)]
    public void Refuses_AnotherVersion(uint version) => Refuses(Sample(d => d.Version = version), $"version {version},");

    [Theory]
    [InlineData(0x02000000u)]
    [InlineData(0x03000000u)]
    public void Refuses_BigEndianFiles(uint version) => Refuses(Sample(d => d.Version = version), "big-endian");

    [Theory]
    [InlineData(1000ul)]
    [InlineData(1ul << 40)]
    [InlineData(ulong.MaxValue)]
    public void Refuses_MoreTensorsThanTheFileHasRoomFor(ulong count) =>
        Refuses(Sample(d => d.TensorCount = count), "the number of tensors", $"is {count},");

    [Theory]
    [InlineData(1000ul)]
    [InlineData(1ul << 63)]
    public void Refuses_MoreKeysThanTheFileHasRoomFor(ulong count) =>
        Refuses(Sample(d => d.PairCount = count), "the number of metadata keys", $"is {count},");

    [Fact]
    public void Refuses_EveryTruncation()
    {
        byte[] whole = GgufDraft.Sample().Build();
        using GuardedBlock block = new(whole.Length);
        for (int length = 0; length < whole.Length; length++)
        {
            byte* start = block.Place(whole.AsSpan(0, length));
            Assert.Throws<ModelFormatException>(() => GgufFile.Parse(start, length, "file"));
        }
    }

    [Fact]
    public void Refuses_AKeyTwice() =>
        Refuses(new GgufDraft().Pair("same.key", GgufValueType.UInt8, [1]).Pair("same.key", GgufValueType.UInt8, [1]), "same.key", "twice");

    [Fact]
    public void Refuses_AnEmptyKey() => Refuses(new GgufDraft().Pair("", GgufValueType.UInt64, new byte[8]), "0 bytes long");

    [Fact]
    public void Refuses_AKeyLongerThanAllowed() =>
        Refuses(new GgufDraft().Pair(new string('k', 65536), GgufValueType.UInt8, [1]), "65536 bytes long");

    [Fact]
    public void Refuses_AKeyThatIsNoUtf8()
    {
        byte[] bytes = new GgufDraft().Pair("key", GgufValueType.UInt8, [1]).Build();
        bytes[Array.IndexOf(bytes, (byte)'k')] = 0xff;
        Refuses(bytes, "not UTF-8");
    }

    [Theory]
    [InlineData(13u)]
    [InlineData(uint.MaxValue)]
    public void Refuses_AnUnknownValueType(uint type) => Refuses(new GgufDraft().Pair("key", type, new byte[16]), "key", $"type {type},");

    [Theory]
    [InlineData(13u)]
    [InlineData(uint.MaxValue)]
    public void Refuses_AnUnknownElementType(uint type) =>
        Refuses(new GgufDraft().Pair("key", GgufValueType.Array, GgufDraft.Array((GgufValueType)type, 1, new byte[16])), "key",
            $"type {type},");

    [Theory]
    [InlineData(100ul)]
    [InlineData(1ul << 30)]
    [InlineData(ulong.MaxValue)]
    public void Refuses_ATextBeyondTheEnd(ulong length) =>
        Refuses(new GgufDraft().Pair("key", GgufValueType.String, GgufDraft.Join(GgufDraft.Bytes(length), new byte[20])),
            "the text of key");

    [Theory]
    [InlineData(GgufValueType.UInt8)]
    [InlineData(GgufValueType.Float64)]
    [InlineData(GgufValueType.String)]
    [InlineData(GgufValueType.Array)]
    public void Refuses_AnArrayLongerThanTheFile(GgufValueType element)
    {
        Refuses(new GgufDraft().Pair("key", GgufValueType.Array, GgufDraft.Array(element, 1ul << 61, new byte[16])),
            "the array length of key");
        Refuses(new GgufDraft().Pair("key", GgufValueType.Array, GgufDraft.Array(element, 17, new byte[16])), "the array length of key");
    }

    [Fact]
    public void Refuses_ArraysNestedWithoutEnd()
    {
        byte[] level = GgufDraft.Array(GgufValueType.Array, 1, []);
        byte[] value = GgufDraft.Join([.. Enumerable.Repeat(level, 100_000), GgufDraft.Array(GgufValueType.UInt8, 0, [])]);
        Refuses(new GgufDraft().Pair("key", GgufValueType.Array, value), "key", "deeper than 8");
    }

    [Fact]
    public void Refuses_ABooleanThatIsNeither()
    {
        Refuses(new GgufDraft().Pair("key", GgufValueType.Bool, [2]), "key", "neither 0 nor 1");
        Refuses(new GgufDraft().Pair("key", GgufValueType.Array, GgufDraft.Array(GgufValueType.Bool, 3, [0, 1, 255])), "key",
            "neither 0 nor 1");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(33u)]
    [InlineData(uint.MaxValue)]
    public void Refuses_AnAlignmentThatIsNone(uint alignment) =>
        Refuses(new GgufDraft().Pair("general.alignment", GgufValueType.UInt32, GgufDraft.Bytes(alignment)),
            $"general.alignment = {alignment}");

    [Fact]
    public void Refuses_AnAlignmentOfAnotherType() =>
        Refuses(new GgufDraft().Pair("general.alignment", GgufValueType.String, GgufDraft.Text("32")), "general.alignment",
            "an integer was expected");

    [Fact]
    public void Refuses_ATensorNameTwice() =>
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, 0, 8).Tensor("t", 0, 32, 8), "the tensor t is there twice");

    [Theory]
    [InlineData(0u)]
    [InlineData(5u)]
    [InlineData(uint.MaxValue)]
    public void Refuses_ANumberOfDimensionsThatIsNone(uint count) =>
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, 0, count, [1, 1, 1, 1, 1]), $"the tensor t has {count} dimensions");

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public void Refuses_ADimensionThatIsNone(ulong dimension) =>
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, 0, 1, dimension), $"dimension of {dimension}");

    [Fact]
    public void Refuses_DimensionsWhoseProductOverflows()
    {
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, 0, 1ul << 32, 1ul << 32), "the tensor t has more elements");
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, 0, 1ul << 31, 1ul << 31, 1ul << 31, 1ul << 31),
            "the tensor t has more elements");
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, 0, 1ul << 62, 1), "takes 18446744073709551616 bytes");
    }

    [Fact]
    public void Refuses_RowsThatAreNoWholeBlocks() =>
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 8, 0, 33), "rows of 33 elements", "Q8_0", "32");

    [Theory]
    [InlineData(1ul)]
    [InlineData(16ul)]
    public void Refuses_AnOffsetOutOfAlignment(ulong offset) =>
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, offset, 2), "the tensor t", $"byte {offset} ", "alignment 32");

    [Theory]
    [InlineData(96ul)]
    [InlineData(1ul << 40)]
    [InlineData(ulong.MaxValue - 31)]
    public void Refuses_AnOffsetBeyondTheEnd(ulong offset) =>
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, offset, 2), "the tensor t");

    [Fact]
    public void Refuses_ATensorThatEndsBeyondTheEnd() =>
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 0, 32, 9), "truncated", "the tensor t");

    [Fact]
    public void Refuses_ATensorOfUnknownTypeBeyondTheEnd() =>
        Refuses(new GgufDraft { Data = new byte[64] }.Tensor("t", 99, 64, 1), "truncated", "the tensor t");

    [Fact]
    public void Refuses_TensorsThatOverlap()
    {
        Refuses(new GgufDraft { Data = new byte[128] }.Tensor("one", 0, 32, 8).Tensor("two", 0, 0, 9), "two", "one", "overlap");
        Refuses(new GgufDraft { Data = new byte[128] }.Tensor("one", 0, 0, 8).Tensor("two", 0, 0, 8), "one", "two", "overlap");
        Refuses(new GgufDraft { Data = new byte[128] }.Tensor("odd", 99, 32, 8).Tensor("two", 0, 0, 9), "two", "odd", "overlap");
        Refuses(new GgufDraft { Data = new byte[128] }.Tensor("odd", 99, 0, 8).Tensor("two", 99, 0, 8), "odd", "two", "overlap");
    }

    [Fact]
    public void Messages_StayOnOneLine()
    {
        string name = "evil\r\n\u001b[31m\u2028\u202e" + new string('x', 10_000);
        ModelFormatException e =
            Refuses(new GgufDraft { Data = new byte[64] }.Tensor(name, 0, 0, 8).Tensor(name, 0, 32, 8), "evil\\u000d\\u000a\\u001b[31m");
        Assert.True(e.Message.Length < 400);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Fact]
    public void Open_OfALargeVocabularyIsQuick()
    {
        const int Tokens = 256_000;
        MemoryStream texts = new();
        for (int i = 0; i < Tokens; i++)
            texts.Write(GgufDraft.Text("token" + i));
        GgufDraft draft = new GgufDraft()
            .Pair("tokenizer.ggml.tokens", GgufValueType.Array, GgufDraft.Array(GgufValueType.String, Tokens, texts.ToArray()))
            .Pair("tokenizer.ggml.scores", GgufValueType.Array, GgufDraft.Array(GgufValueType.Float32, Tokens, new byte[4 * Tokens]));
        string path = _folder.Write("large.gguf", draft.Build());
        GgufFile.Open(path).Dispose();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Environment.TickCount64;
        using GgufFile file = GgufFile.Open(path);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 64 * 1024);
        Assert.True(Environment.TickCount64 - start < 2000);
        string[] tokens = file.Metadata.GetArray("tokenizer.ggml.tokens")!.Value.ToStrings();
        Assert.Equal(Tokens, tokens.Length);
        Assert.Equal("token255999", tokens[^1]);
        Assert.Equal(Tokens, file.Metadata.GetArray("tokenizer.ggml.scores")!.Value.ToSingles().Length);
    }

    [Fact]
    public void Open_OfManyGigabytesTakesMilliseconds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems may fill the hole.");
        const int Tensors = 300, Side = 4096;
        const long Bytes = 2L * Side * Side;
        GgufDraft draft = new();
        for (int i = 0; i < Tensors; i++)
            draft.Tensor($"blk.{i}.attn_q.weight", 1, (ulong)(i * Bytes), Side, Side);
        byte[] head = draft.Build();
        string path = _folder.Write("large.gguf", head);
        using (FileStream stream = new(path, FileMode.Open))
            stream.SetLength(((head.Length + 31) / 32 * 32) + (Tensors * Bytes));
        GgufFile.Open(path).Dispose();
        long start = Environment.TickCount64;
        using GgufFile file = GgufFile.Open(path);
        Assert.True(Environment.TickCount64 - start < 2000);
        TensorView last = file.View(file.Tensors[^1]);
        Assert.Equal(0, last.Data[last.ByteLength - 1]);
        Assert.True(file.ByteLength > 10_000_000_000);
    }

    private static GgufDraft Sample(Action<GgufDraft> change)
    {
        GgufDraft draft = GgufDraft.Sample();
        change(draft);
        return draft;
    }

    private static ModelFormatException Refuses(GgufDraft draft, params string[] words) => Refuses(draft.Build(), words);

    private static ModelFormatException Refuses(byte[] bytes, params string[] words)
    {
        using GuardedBlock block = new(bytes.Length);
        byte* start = block.Place(bytes);
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => GgufFile.Parse(start, bytes.Length, "some.gguf"));
        Assert.StartsWith("some.gguf", e.Message);
        foreach (string word in words)
            Assert.Contains(word, e.Message);
        return e;
    }

    private GgufFile Open(GgufDraft draft) => GgufFile.Open(_folder.Write(Guid.NewGuid().ToString("N") + ".gguf", draft.Build()));
}
