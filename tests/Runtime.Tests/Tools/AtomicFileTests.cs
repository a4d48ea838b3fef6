using System;
using System.Diagnostics;
using System.IO;
using Llamalith.Tests.Readers;
using Llamalith.Tools;

namespace Llamalith.Tests.Tools;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_ThatFailsLeavesWhatWasThere()
    {
        string path = _folder.Write("file", "before"u8);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("before", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
        AtomicFile.Write(path, static stream => stream.Write("after"u8));
        Assert.Equal("after", File.ReadAllText(path));
    }

    [Fact]
    public void Write_DoesNotBeginWhatItCannotEnd()
    {
        IOException error =
            Assert.Throws<IOException>(() => AtomicFile.Write(_folder.Path, static _ => Assert.Fail("Nothing must be written.")));
        Assert.Equal($"{_folder.Path} cannot be written: it is a folder.", error.Message);
        string nowhere = Path.Combine(_folder["none"], "file");
        Assert.Contains(nowhere, Assert.Throws<DirectoryNotFoundException>(
            () => AtomicFile.Write(nowhere, static _ => Assert.Fail("Nothing must be written."))).Message, StringComparison.Ordinal);
    }

    /// <summary>A file put in its place would take it from the system. A pipe, not a device: a test that fails must not do harm.</summary>
    [Fact]
    public void Write_DoesNotReplaceADevice()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux is asked what a path leads to.");
        string pipe = _folder["pipe"];
        using (Process make = Process.Start("mkfifo", [pipe]))
            make.WaitForExit();
        IOException error = Assert.Throws<IOException>(() => AtomicFile.Write(pipe, static _ => Assert.Fail("Nothing must be written.")));
        Assert.Contains($"{pipe} cannot be written: it is a device or a pipe", error.Message, StringComparison.Ordinal);
        Assert.Equal([pipe], Directory.GetFiles(_folder.Path));
    }
}
