using System;
using System.IO;
using System.Linq;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Safetensors;

namespace Llamalith.Tests.Readers;

public sealed unsafe class SafetensorsFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_ListsTensorsAndMetadata()
    {
        using SafetensorsFile file = Open(SafetensorsDraft.Sample());
        Assert.Equal(["a", "b.é", "c", "d", "e", "f"], file.Tensors.Select(t => t.Name));
        Assert.Equal(["F32", "BF16", "F16", "F32", "I64", "F16"], file.Tensors.Select(t => t.TypeName));
        Assert.Equal(
            [TensorType.F32, TensorType.BF16, TensorType.F16, TensorType.F32, null, TensorType.F16], file.Tensors.Select(t => t.Type));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("tests", file.Metadata["by"]);
    }

    [Theory]
    [InlineData("a", TensorType.F32, 2, 3, 0, 24)]
    [InlineData("b.é", TensorType.BF16, 1, 5, 24, 10)]
    [InlineData("c", TensorType.F16, 1, 1, 34, 2)]
    [InlineData("d", TensorType.F32, 0, 4, 36, 0)]
    [InlineData("f", TensorType.F16, 2, 2, 52, 8)]
    public void Tensors_LieWhereTheFileSays(string name, TensorType type, long rows, long columns, int offset, int bytes)
    {
        using SafetensorsFile file = Open(SafetensorsDraft.Sample());
        Assert.True(file.TryGetTensor(name, out SafetensorsTensor tensor));
        TensorView view = file.View(tensor);
        Assert.Equal((type, rows, columns, (long)bytes), (view.Type, view.Rows, view.Columns, view.ByteLength));
        Assert.Equal(SafetensorsDraft.SampleData.AsSpan(offset, bytes), new ReadOnlySpan<byte>(view.Data, bytes));
    }

    [Fact]
    public void Tensors_OfOtherTypesAreListedButNotViewed()
    {
        using SafetensorsFile file = Open(SafetensorsDraft.Sample());
        Assert.True(file.TryGetTensor("e", out SafetensorsTensor tensor));
        Assert.Contains("type I64", Assert.Throws<ModelFormatException>(() => file.View(tensor)).Message);
    }

    [Fact]
    public void Tensors_OfUnknownTypesAreListed()
    {
        using SafetensorsFile file = Open(SafetensorsDraft.Build("""{"t":{"dtype":"Z9","shape":[7],"data_offsets":[0,3]}}""", new byte[3]));
        Assert.Equal(("Z9", 3L), (file.Tensors[0].TypeName, file.Tensors[0].ByteLength));
    }

    [Fact]
    public void Tensors_OfAnotherFileAreRefused()
    {
        using SafetensorsFile one = Open(SafetensorsDraft.Sample());
        using SafetensorsFile two = Open(SafetensorsDraft.Sample());
        Assert.Throws<ArgumentException>(() => one.View(two.Tensors[0]));
    }

    [Fact]
    public void Open_TakesAFileWithoutTensors()
    {
        using SafetensorsFile file = Open(SafetensorsDraft.Build("{}", []));
        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Open_TakesTensorsInAnyOrder()
    {
        using SafetensorsFile file = Open(SafetensorsDraft.Build(
            """{"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"n":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},"a":{"shape":[1],"data_offsets":[0,1],"dtype":"U8"}}""",
            [1, 2, 3]));
        Assert.Equal(["b", "n", "a"], file.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void Dispose_InvalidatesWhatIsReadLater()
    {
        SafetensorsFile file = Open(SafetensorsDraft.Sample());
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.View(file.Tensors[0]));
    }

    [Fact]
    public void Advise_ChangesNothingThatIsRead()
    {
        byte[] data = [.. Enumerable.Range(0, 1 << 17).Select(i => (byte)(i % 251))];
        using SafetensorsFile file =
            Open(SafetensorsDraft.Build("""{"t":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}""", data));
        TensorView view = file.View(file.Tensors[0]);
        Assert.Equal(OperatingSystem.IsLinux(), file.Advise(view, MemoryAdvice.DontNeed));
        Assert.True(new ReadOnlySpan<byte>(view.Data, data.Length).SequenceEqual(data));
    }

    [Fact]
    public void Open_NamesAMissingFile() =>
        Assert.Contains("absent", Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(_folder["absent"])).Message);

    [Fact]
    public void Refuses_EveryTruncation()
    {
        byte[] whole = SafetensorsDraft.Sample();
        using GuardedBlock block = new(whole.Length);
        for (int length = 0; length < whole.Length; length++)
        {
            byte* start = block.Place(whole.AsSpan(0, length));
            Assert.Throws<ModelFormatException>(() => SafetensorsFile.Parse(start, length, "file"));
        }
    }

    [Theory]
    [InlineData(100_000_001ul, "at most 100000000")]
    [InlineData(ulong.MaxValue, "at most 100000000")]
    [InlineData(99ul, "truncated")]
    public void Refuses_AHeaderLengthThatIsNone(ulong length, string words) =>
        Refuses(SafetensorsDraft.Build("{}", new byte[50], length), words);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData(" {}")]
    [InlineData("{}{}")]
    [InlineData("{} x")]
    [InlineData("{\"a\":}")]
    [InlineData("{\"a\":{}")]
    [InlineData("// comment\n{}")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":{}}")]
    [InlineData("{\"a\":{\"dtype\":1}}")]
    [InlineData("{\"__metadata__\":1}")]
    [InlineData("{\"__metadata__\":{\"a\":1}}")]
    [InlineData("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}")]
    public void Refuses_JsonThatIsNoHeader(string header) => Refuses(SafetensorsDraft.Build(header, []), "header");

    [Fact]
    public void Refuses_TextThatIsNoUnicode()
    {
        Refuses(SafetensorsDraft.Build("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", [1]), "Unicode");
        Refuses(SafetensorsDraft.Build("""{"a":{"dtype":"\udc00","shape":[1],"data_offsets":[0,1]}}""", [1]), "Unicode");
        Refuses(SafetensorsDraft.Build(Encoding.Latin1.GetBytes("""{"ä":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"""), [1]),
            "Unicode");
    }

    [Fact]
    public void Refuses_JsonNestedWithoutEnd() =>
        Refuses(SafetensorsDraft.Build("""{"a":{"x":""" + new string('[', 100_000), []), "header");

    [Theory]
    [InlineData("""{"shape":[1],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[1]}""")]
    [InlineData("""{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}""")]
    [InlineData("""{"dtype":"U8","shape":1,"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[9223372036854775807,2],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[4294967296,4294967296,4294967296,4294967296,0],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[2],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U16","shape":[1],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[0],"data_offsets":[0,1]}""")]
    [InlineData("""{"dtype":"U8","shape":[1],"data_offsets":[0]}""")]
    [InlineData("""{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}""")]
    [InlineData("""{"dtype":"U8","shape":[1],"data_offsets":[1,0]}""")]
    [InlineData("""{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}""")]
    [InlineData("""{"dtype":"U8","shape":[2],"data_offsets":[0,2]}""")]
    [InlineData("""{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551615,1]}""")]
    public void Refuses_ATensorThatIsNone(string tensor) =>
        Refuses(SafetensorsDraft.Build("{\"tens\":" + tensor + "}", [1]), "header", "tens");

    [Fact]
    public void Refuses_ATensorNameTwice() => Refuses(
        SafetensorsDraft.Build(
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", [1, 2]),
        "a is there twice");

    [Fact]
    public void Refuses_TensorsThatOverlap()
    {
        Refuses(Two("[0,2]", "[1,3]", 3), "b starts at byte", "ends at byte");
        Refuses(Two("[0,2]", "[0,2]", 2), "starts at byte", "ends at byte");
    }

    [Fact]
    public void Refuses_Holes()
    {
        Refuses(Two("[1,3]", "[3,5]", 5), "a starts at byte");
        Refuses(Two("[0,2]", "[3,5]", 5), "b starts at byte");
        Refuses(Two("[0,2]", "[2,4]", 5), "the last tensor ends at byte", "the file ends at byte");
        Refuses(SafetensorsDraft.Build("{}", [1]), "the last tensor ends at byte 10, but the file ends at byte 11");
    }

    [Fact]
    public void Messages_StayOnOneLine()
    {
        string header = "{\"\\n\\u001b" + new string('x', 10_000) + "\":{\"dtype\":\"U8\",\"shape\":["
            + string.Join(',', Enumerable.Repeat(7, 10_000)) + "],\"data_offsets\":[0,1]}}";
        ModelFormatException e = Refuses(SafetensorsDraft.Build(header, [1]), "\\u000a\\u001b");
        Assert.True(e.Message.Length < 500);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    private static byte[] Two(string a, string b, int data) => SafetensorsDraft.Build(
        "{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":" + b + "},\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":" + a
            + "}}", new byte[data]);

    private static ModelFormatException Refuses(byte[] bytes, params string[] words)
    {
        using GuardedBlock block = new(bytes.Length);
        byte* start = block.Place(bytes);
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => SafetensorsFile.Parse(start, bytes.Length, "some.safetensors"));
        Assert.StartsWith("some.safetensors", e.Message);
        foreach (string word in words)
            Assert.Contains(word, e.Message);
        return e;
    }

    private SafetensorsFile Open(byte[] bytes) => SafetensorsFile.Open(_folder.Write(Guid.NewGuid().ToString("N"), bytes));
}
