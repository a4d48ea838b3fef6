using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Cli.Compilation;

namespace Llamalith.Tests.Compilation;

public sealed class EngineCacheTests : IDisposable
{
    private static readonly byte[] s_image = [.. Enumerable.Range(0, 300).Select(i => (byte)i)];

    private readonly TemporaryFolder _folder = new();
    private readonly EngineCache _cache;

    public EngineCacheTests() => _cache = new EngineCache(_folder["a/engines"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_FindsWhatWasWritten()
    {
        Assert.False(_cache.TryRead("k", out _));
        _cache.Write("k", s_image);
        Assert.True(_cache.TryRead("k", out byte[]? image));
        Assert.Equal(s_image, image);
        Assert.False(_cache.TryRead("l", out _));
        Assert.Equal([_cache.PathOf("k")], Directory.GetFiles(_cache.Folder));
    }

    [Fact]
    public void Write_ReplacesWhatIsThere()
    {
        _cache.Write("k", [1]);
        _cache.Write("k", s_image);
        Assert.True(_cache.TryRead("k", out byte[]? image));
        Assert.Equal(s_image, image);
    }

    [Fact]
    public void Read_RefusesEveryAlteredByte()
    {
        _cache.Write("k", s_image);
        byte[] sound = File.ReadAllBytes(_cache.PathOf("k"));
        for (int i = 0; i < sound.Length; i++)
        {
            byte[] altered = [.. sound];
            altered[i] ^= 0x10;
            File.WriteAllBytes(_cache.PathOf("k"), altered);
            Assert.False(_cache.TryRead("k", out _), $"byte {i}");
        }
    }

    [Fact]
    public void Read_RefusesEveryTruncation()
    {
        _cache.Write("k", s_image);
        byte[] sound = File.ReadAllBytes(_cache.PathOf("k"));
        for (int length = 0; length < sound.Length; length++)
        {
            File.WriteAllBytes(_cache.PathOf("k"), sound[..length]);
            Assert.False(_cache.TryRead("k", out _), $"length {length}");
        }
    }

    [Fact]
    public void Read_RefusesTheFileOfAnotherKey()
    {
        _cache.Write("k", s_image);
        File.Copy(_cache.PathOf("k"), _cache.PathOf("l"));
        Assert.False(_cache.TryRead("l", out _));
    }

    [Fact]
    public void Folder_IsTheUsersAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }

        _cache.Write("k", s_image);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_cache.Folder));
    }

    [Fact]
    public async Task Write_IsSafeWhileOthersReadAndWrite()
    {
        const int Rounds = 100;
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
                _cache.Write("k", s_image);
        }))];
        int found = 0;
        while (!writers.All(writer => writer.IsCompleted))
        {
            if (!_cache.TryRead("k", out byte[]? image))
            {
                // Once it is there it never goes.
                Assert.Equal(0, found);
                continue;
            }

            found++;
            Assert.Equal(s_image, image);
        }

        await Task.WhenAll(writers);
        Assert.Equal([_cache.PathOf("k")], Directory.GetFiles(_cache.Folder));
    }

    [Fact]
    public void Write_LetsTheOldestGo()
    {
        for (int i = 0; i < EngineCache.MostEntries + 3; i++)
        {
            _cache.Write($"k{i}", s_image);
            File.SetLastWriteTimeUtc(_cache.PathOf($"k{i}"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(i));
        }

        _cache.Write("last", s_image);
        Assert.Equal(EngineCache.MostEntries, Directory.GetFiles(_cache.Folder).Length);
        Assert.False(_cache.TryRead("k3", out _));
        Assert.True(_cache.TryRead("k4", out _));
        Assert.True(_cache.TryRead("last", out _));
    }

    [Fact]
    public void Write_SweepsUpAfterProcessesThatWereKilled()
    {
        _cache.Write("k", s_image);
        string old = Path.Combine(_cache.Folder, "a.tmp"), fresh = Path.Combine(_cache.Folder, "b.tmp");
        File.WriteAllText(old, "");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        File.WriteAllText(fresh, "");
        _cache.Write("l", s_image);
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(fresh));
    }
}
