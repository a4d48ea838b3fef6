using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli;
using Llamalith.Cli.Peer;

namespace Llamalith.Tests.Peer;

public sealed class PeerInstallerTests : IDisposable
{
    private readonly FakePackage fake = new();

    public PeerInstallerTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The fake npm is a shell script.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fake.Dispose();

    [Fact]
    public async Task Install_PutsTheLibrariesIntoTheCache()
    {
        PeerInstaller installer = new(fake.Pack(), fake.Environment());
        Assert.Null(installer.Find());
        string? notice = null;
        PeerLibraries libraries = await installer.FindOrInstallAsync(n => notice = n, Cancellation);

        Assert.Equal(fake.Cache, libraries.Folder);
        Assert.Equal(Path.Combine(fake.Cache, "libllama.v1.so"), libraries.Llama);
        Assert.Equal(Path.Combine(fake.Cache, "libggml.v1.so"), libraries.Ggml);
        Assert.Equal(Path.Combine(fake.Cache, "libggml-base.so"), libraries.Base);
        Assert.Equal(["haswell", "zen4"], libraries.CpuVariants);
        Assert.True(File.Exists(Path.Combine(fake.Cache, "LICENSE")));
        Assert.False(File.Exists(Path.Combine(fake.Cache, "package.json")));
        Assert.Contains("package@1.0.0", notice, StringComparison.Ordinal);
        Assert.StartsWith("pack package@1.0.0 ", fake.NpmArguments, StringComparison.Ordinal);
        Assert.Contains("--ignore-scripts", fake.NpmArguments, StringComparison.Ordinal);
        Assert.Equal(["1.0.0"], Directory.GetFileSystemEntries(Path.GetDirectoryName(fake.Cache)!).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Install_HappensOnce()
    {
        PeerPackage package = fake.Pack();
        await new PeerInstaller(package, fake.Environment()).FindOrInstallAsync(cancellation: Cancellation);
        PeerInstaller again = new(package, fake.Environment());
        Assert.NotNull(again.Find());
        await again.FindOrInstallAsync(_ => Assert.Fail("Nothing is to be fetched."), Cancellation);
        Assert.Equal(1, fake.NpmRuns);
    }

    /// <summary>What was verified when it arrived is verified again before it is loaded.</summary>
    [Theory]
    [InlineData("libllama.v1.so", "libllama.v1.so is not as it was installed")]
    [InlineData("libggml-cpu-zen4.so", "libggml-cpu-zen4.so is not as it was installed")]
    [InlineData("libggml-cpu-alderlake.so", "libggml-cpu-alderlake.so is not as it was installed")]
    [InlineData("seal", "is not as this tool left it")]
    public async Task Find_RefusesWhatWasChangedSince(string file, string message)
    {
        PeerPackage package = fake.Pack();
        PeerInstaller installer = new(package, fake.Environment());
        await installer.FindOrInstallAsync(cancellation: Cancellation);
        using (FileStream changed = new(Path.Combine(fake.Cache, file), FileMode.Append))
            changed.WriteByte(1);
        CliException error = Assert.Throws<CliException>(() => installer.Find());
        Assert.StartsWith(fake.Cache, error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CliException>(() => installer.FindOrInstallAsync(cancellation: Cancellation));
    }

    [Fact]
    public async Task Find_RefusesAFolderThatOthersMayWriteTo()
    {
        if (OperatingSystem.IsWindows())
            return;
        PeerInstaller installer = new(fake.Pack(), fake.Environment());
        await installer.FindOrInstallAsync(cancellation: Cancellation);
        File.SetUnixFileMode(fake.Cache, (UnixFileMode)0b111_111_111);
        Assert.Contains($"{fake.Cache} is writable by others (mode 777)", Assert.Throws<CliException>(() => installer.Find()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_AtTheSameTimeTwiceIsFine()
    {
        PeerPackage package = fake.Pack();
        PeerLibraries[] both = await Task.WhenAll(
            new PeerInstaller(package, fake.Environment()).FindOrInstallAsync(cancellation: Cancellation),
            new PeerInstaller(package, fake.Environment()).FindOrInstallAsync(cancellation: Cancellation));
        Assert.Equal(both[0].Llama, both[1].Llama);
        Assert.Equal(["1.0.0"], Directory.GetFileSystemEntries(Path.GetDirectoryName(fake.Cache)!).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Install_FollowsXdgCacheHome()
    {
        string cache = Path.Combine(fake.Home, "elsewhere");
        PeerInstaller installer = new(fake.Pack(), fake.Environment(variables: ("XDG_CACHE_HOME", cache)));
        PeerLibraries libraries = await installer.FindOrInstallAsync(cancellation: Cancellation);
        Assert.Equal(Path.Combine(cache, "llamalith", "peer", "1.0.0"), libraries.Folder);
    }

    [Fact]
    public void CacheRoot_IgnoresARelativeXdgCacheHome() => Assert.Equal(
        Path.Combine(fake.Home, ".cache", "llamalith", "peer"),
        fake.Environment(variables: ("XDG_CACHE_HOME", "relative")).CacheRoot);

    [Fact]
    public void CacheRoot_WithoutAHomeIsAClearError()
    {
        CliException error = Assert.Throws<CliException>(() => new PeerEnvironment("linux-x64", _ => null).CacheRoot);
        Assert.Contains("LLAMALITH_PEER", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_RefusesAnotherArchive()
    {
        PeerPackage expected = fake.Pack();
        fake.Files["package/bins/linux-x64/libllama.v1.so"][^1] ^= 1;
        PeerPackage arriving = fake.Pack();
        CliException error = await FailAsync(expected);
        Assert.Contains(expected.Sha512, error.Message, StringComparison.Ordinal);
        Assert.Contains(arriving.Sha512, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("package/bins/linux-x64/libllama.v1.so", "libllama.so is missing")]
    [InlineData("package/bins/linux-x64/libggml-base.so", "libggml-base.so is missing")]
    [InlineData("package/bins/linux-x64/libggml.v1.so", "libggml.so is missing")]
    public async Task Install_RefusesAnIncompletePackage(string missing, string message)
    {
        fake.Files.Remove(missing);
        Assert.Contains(message, (await FailAsync(fake.Pack())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_RefusesAPackageWithoutACpuVariant()
    {
        fake.Files.Remove("package/bins/linux-x64/libggml-cpu-zen4.so");
        fake.Files.Remove("package/bins/linux-x64/libggml-cpu-haswell.so");
        Assert.Contains("libggml-cpu.so is missing", (await FailAsync(fake.Pack())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_RefusesLibrariesForAnotherProcessor()
    {
        const byte Arm64 = 183;
        fake.Files["package/bins/linux-x64/libggml-cpu-zen4.so"] = FakePackage.Library(Arm64);
        CliException error = await FailAsync(fake.Pack());
        Assert.Contains("183", error.Message, StringComparison.Ordinal);
        Assert.Contains("62", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_RefusesWhatIsNoLibrary()
    {
        fake.Files["package/bins/linux-x64/libggml-base.so"] = "ELF"u8.ToArray();
        Assert.Contains("not a 64-bit ELF", (await FailAsync(fake.Pack())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_WritesNothingOutsideItsFolder()
    {
        fake.Files["package/bins/../../../../../evil.so"] = FakePackage.Library();
        fake.Files["../evil.so"] = FakePackage.Library();
        fake.Files["/tmp/llamalith-evil.so"] = FakePackage.Library();
        await new PeerInstaller(fake.Pack(), fake.Environment()).FindOrInstallAsync(cancellation: Cancellation);
        Assert.False(File.Exists("/tmp/llamalith-evil.so"));
        Assert.All(
            fake.Leftovers().Where(p => p.EndsWith("evil.so", StringComparison.Ordinal)),
            p => Assert.Equal(Path.GetRelativePath(fake.Home, Path.Combine(fake.Cache, "evil.so")), p));
    }

    [Fact]
    public async Task Install_RefusesADamagedArchive()
    {
        string archive = Path.Combine(fake.Home, "..", "damaged.tgz");
        await File.WriteAllBytesAsync(archive, [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF], Cancellation);
        Assert.Contains("damaged", (await FailAsync(fake.Offer(archive))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo 'npm error code ENOTFOUND' >&2; exit 1", "offline")]
    [InlineData("echo 'npm ERR! code ECONNREFUSED' >&2; exit 1", "offline")]
    [InlineData("echo 'npm error code E404' >&2; exit 1", "no such package")]
    [InlineData("echo 'npm error the disk is full' >&2; exit 7", "npm error the disk is full (exit code 7)")]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("exit 0", "left 0")]
    public async Task Install_SaysWhyNpmFailed(string script, string reason)
    {
        PeerPackage package = fake.Pack();
        fake.Npm(script);
        CliException error = await FailAsync(package);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("package@1.0.0", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task Install_WithoutNpmSaysSo()
    {
        PeerInstaller installer = new(fake.Pack(), fake.Environment(variables: ("PATH", fake.Home)));
        CliException error = await Assert.ThrowsAsync<CliException>(() => installer.FindOrInstallAsync(cancellation: Cancellation));
        Assert.Contains("npm is not on the PATH", error.Message, StringComparison.Ordinal);
        Assert.Contains("LLAMALITH_PEER", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_StopsWhenCancelled()
    {
        PeerPackage package = fake.Pack();
        fake.Npm("sleep 60");
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        source.CancelAfter(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new PeerInstaller(package, fake.Environment()).FindOrInstallAsync(cancellation: source.Token));
        Assert.DoesNotContain(fake.Leftovers(), p => p.Contains("1.0.0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-musl-x64")]
    [InlineData("win-x64")]
    public void Find_RefusesAnotherPlatform(string platform)
    {
        CliException error = Assert.Throws<CliException>(() => new PeerInstaller(fake.Pack(), fake.Environment(platform)).Find());
        Assert.Contains(platform, error.Message, StringComparison.Ordinal);
        Assert.Contains("linux-x64", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_PrefersTheFolderThatTheUserNames()
    {
        string folder = Path.Combine(fake.Home, "own");
        Directory.CreateDirectory(folder);
        foreach (string name in (string[])["libllama.so.0", "libllama-common.so", "libggml.so", "libggml-base.so", "libggml-cpu.so"])
            File.WriteAllBytes(Path.Combine(folder, name), FakePackage.Library());
        PeerLibraries? libraries = new PeerInstaller(fake.Pack(), fake.Environment(variables: ("LLAMALITH_PEER", folder))).Find();
        Assert.NotNull(libraries);
        Assert.Equal(Path.Combine(folder, "libllama.so.0"), libraries.Llama);
        Assert.Empty(libraries.CpuVariants);
        Assert.Equal(0, fake.NpmRuns);
    }

    [Fact]
    public async Task Find_OfAMissingFolderDoesNotFallBack()
    {
        PeerInstaller installer = new(fake.Pack(), fake.Environment(variables: ("LLAMALITH_PEER", Path.Combine(fake.Home, "none"))));
        await Assert.ThrowsAsync<CliException>(() => installer.FindOrInstallAsync(cancellation: Cancellation));
        Assert.Equal(0, fake.NpmRuns);
    }

    [Fact]
    public void CurrentPackage_HasAWholeHash() => Assert.Equal(64, Convert.FromBase64String(PeerPackage.Current.Sha512).Length);

    /// <summary>An installation that fails leaves nothing behind.</summary>
    private async Task<CliException> FailAsync(PeerPackage package)
    {
        CliException error = await Assert.ThrowsAsync<CliException>(() =>
            new PeerInstaller(package, fake.Environment()).FindOrInstallAsync(cancellation: Cancellation));
        Assert.DoesNotContain(fake.Leftovers(), p => p.Contains("1.0.0", StringComparison.Ordinal));
        return error;
    }
}
