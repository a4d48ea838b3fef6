using System;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Tests.Readers;

public sealed unsafe class MappedFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(100_001)]
    public void Open_ShowsTheWholeFile(int length)
    {
        byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)(i % 253))];
        using MappedFile file = MappedFile.Open(_folder.Write("file", bytes));
        Assert.Equal(length, file.Length);
        Assert.True(new ReadOnlySpan<byte>(file.Data, length).SequenceEqual(bytes));
        Assert.Equal(0, (nint)file.Data % Environment.SystemPageSize);
    }

    [Fact]
    public void Open_ReadsNothingBeforeItIsTouched()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems may fill the hole.");

        // 64 GiB of hole: mapping it costs nothing, reading it would take minutes.
        string path = _folder["sparse"];
        using (FileStream stream = File.Create(path))
            stream.SetLength(64L << 30);
        using MappedFile file = MappedFile.Open(path);
        Assert.Equal(64L << 30, file.Length);
        Assert.Equal(0, file.Data[file.Length - 1]);
    }

    [Fact]
    public void Open_RefusesAnEmptyFile() =>
        Assert.Contains("is empty", Assert.Throws<ModelFormatException>(() => MappedFile.Open(_folder.Write("empty", []))).Message);

    [Fact]
    public void Open_RefusesAFolder() =>
        Assert.Contains("is a folder", Assert.Throws<ModelFormatException>(() => MappedFile.Open(_folder.Path)).Message);

    [Fact]
    public void Open_RefusesADevice()
    {
        Assert.SkipUnless(File.Exists("/dev/null"), "There is no /dev/null here.");
        Assert.Throws<ModelFormatException>(() => MappedFile.Open("/dev/null"));
    }

    [Fact]
    public void Open_NamesAMissingFile()
    {
        FileNotFoundException e = Assert.Throws<FileNotFoundException>(() => MappedFile.Open(_folder["absent"]));
        Assert.Contains("absent does not exist", e.Message);
        Assert.Equal(_folder["absent"], e.FileName);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Open_RefusesNoPath(string? path) => Assert.ThrowsAny<ArgumentException>(() => MappedFile.Open(path!));

    [Fact]
    public void Dispose_MayBeCalledTwiceAndFreesTheFile()
    {
        string path = _folder.Write("file", [1, 2, 3]);
        MappedFile file = MappedFile.Open(path);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)file.Data);
        Assert.Throws<ObjectDisposedException>(() => file.Advise(0, 1, MemoryAdvice.Sequential));
        using FileStream alone = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(3, alone.Length);
    }

    [Theory]
    [InlineData(MemoryAdvice.Normal)]
    [InlineData(MemoryAdvice.Random)]
    [InlineData(MemoryAdvice.Sequential)]
    [InlineData(MemoryAdvice.WillNeed)]
    [InlineData(MemoryAdvice.DontNeed)]
    public void Advise_TakesAnyRangeAndKeepsTheBytes(MemoryAdvice advice)
    {
        int page = Environment.SystemPageSize;
        byte[] bytes = [.. Enumerable.Range(0, (5 * page) + 17).Select(i => (byte)(i % 253))];
        using MappedFile file = MappedFile.Open(_folder.Write("file", bytes));
        Assert.Equal(OperatingSystem.IsLinux(), file.Advise(0, file.Length, advice));
        Assert.Equal(OperatingSystem.IsLinux(), file.Advise(page - 1, page + 2, advice));
        Assert.Equal(OperatingSystem.IsLinux(), file.Advise(file.Data + page, file.Length - page, advice));
        Assert.True(new ReadOnlySpan<byte>(file.Data, bytes.Length).SequenceEqual(bytes));
    }

    [Fact]
    public void Advise_DropsWholePagesOnly()
    {
        int page = Environment.SystemPageSize;
        using MappedFile file = MappedFile.Open(_folder.Write("file", new byte[3 * page]));
        Assert.False(file.Advise(1, page, MemoryAdvice.DontNeed));
        Assert.False(file.Advise(page, 0, MemoryAdvice.DontNeed));
        Assert.Equal(OperatingSystem.IsLinux(), file.Advise(1, (2 * page) - 1, MemoryAdvice.DontNeed));
    }

    [Fact]
    public void Advise_ShrinksWhatTheProcessHolds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells.");
        const int Length = 64 << 20;
        byte[] bytes = new byte[Length];
        Array.Fill(bytes, (byte)1);
        using MappedFile file = MappedFile.Open(_folder.Write("file", bytes));
        long sum = 0;
        for (long i = 0; i < Length; i += 4096)
            sum += file.Data[i];
        long before = MappedResidentBytes();
        Assert.True(file.Advise(0, Length, MemoryAdvice.DontNeed));
        Assert.Equal(Length / 4096, sum);
        Assert.True(before - MappedResidentBytes() > Length / 2);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(0, 11)]
    [InlineData(11, 0)]
    [InlineData(5, long.MaxValue)]
    public void Advise_RefusesARangeOutsideTheFile(long offset, long length)
    {
        using MappedFile file = MappedFile.Open(_folder.Write("file", new byte[10]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Advise(offset, length, MemoryAdvice.WillNeed));
    }

    [Fact]
    public void Advise_RefusesAPointerOutsideTheFileAndUnknownAdvice()
    {
        using MappedFile file = MappedFile.Open(_folder.Write("file", new byte[10]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Advise(file.Data + 11, 0, MemoryAdvice.WillNeed));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Advise(file.Data - 1, 1, MemoryAdvice.WillNeed));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Advise(0, 1, (MemoryAdvice)99));
    }

    // Resident pages that files back; other tests run beside this one, but none maps that much.
    private static long MappedResidentBytes()
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssFile:", StringComparison.Ordinal));
        return 1024 * long.Parse(
            line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
