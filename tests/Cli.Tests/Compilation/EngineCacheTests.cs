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

    /// <summary>Whoever may write to the folder, or wrote a file before it was ours alone, must not have his code run.</summary>
    [Fact]
    public void Read_RefusesWhatOthersMayHaveWritten()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }

        _cache.Write("k", s_image);
        string entry = _cache.PathOf("k"), key = _folder["a/key"];
        Refused(_cache.Folder, UnixFileMode.GroupWrite, "is writable by others (mode 720)");
        Refused(_cache.Folder, UnixFileMode.OtherWrite, "is writable by others (mode 702)");
        Refused(_folder["a"], UnixFileMode.OtherWrite, $"{_folder["a"]} is writable by others");
        Refused(entry, UnixFileMode.GroupWrite, $"{entry} is writable by others");
        Refused(key, UnixFileMode.OtherRead, $"{key} can be read by others");

        // An entry, or the folder itself, that leads elsewhere.
        File.Move(entry, _folder["elsewhere"]);
        File.CreateSymbolicLink(entry, _folder["elsewhere"]);
        Assert.Contains($"{entry} is a link", Assert.Throws<UnauthorizedAccessException>(() => _cache.TryRead("k", out _)).Message,
            StringComparison.Ordinal);
        Directory.Move(_cache.Folder, _folder["real"]);
        Directory.CreateSymbolicLink(_cache.Folder, _folder["real"]);
        Assert.Contains($"{_cache.Folder} is a link", Assert.Throws<UnauthorizedAccessException>(() => _cache.TryRead("k", out _)).Message,
            StringComparison.Ordinal);
        Assert.Contains($"{_cache.Folder} is a link", Assert.Throws<UnauthorizedAccessException>(() => _cache.Write("k", s_image)).Message,
            StringComparison.Ordinal);

        void Refused(string path, UnixFileMode more, string fault)
        {
            UnixFileMode mode = File.GetUnixFileMode(path);
            File.SetUnixFileMode(path, mode | more);
            Assert.Contains(
                fault, Assert.Throws<UnauthorizedAccessException>(() => _cache.TryRead("k", out _)).Message, StringComparison.Ordinal);
            if (path != entry)
                Assert.Throws<UnauthorizedAccessException>(() => _cache.Write("l", s_image));
            File.SetUnixFileMode(path, mode);
            Assert.True(_cache.TryRead("k", out _));
        }
    }

    [Fact]
    public void Read_FollowsLinksAboveTheToolsOwnFolders()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        Directory.CreateDirectory(_folder["disk"]);
        Directory.CreateSymbolicLink(_folder["home"], _folder["disk"]);
        EngineCache cache = new(_folder["home/llamalith/engines"]);
        cache.Write("k", s_image);
        Assert.True(cache.TryRead("k", out _));
        Assert.True(File.Exists(_folder["disk/llamalith/key"]));
    }

    [Fact]
    public void Read_RefusesWhatAnotherSecretSealed()
    {
        _cache.Write("k", s_image);
        EngineCache other = new(_folder["b/engines"]);
        other.Write("k", s_image);
        File.Copy(other.PathOf("k"), _cache.PathOf("k"), overwrite: true);
        Assert.False(_cache.TryRead("k", out _));
        File.Delete(_folder["b/key"]);
        Assert.False(other.TryRead("k", out _));
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
