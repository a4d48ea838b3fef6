using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Security.Cryptography;
using Llamalith.Cli.Peer;

namespace Llamalith.Tests.Peer;

/// <summary>An npm client that is a shell script, and a package that it hands out.</summary>
internal sealed class FakePackage : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public FakePackage()
    {
        Directory.CreateDirectory(folder["bin"]);
        Directory.CreateDirectory(folder["home"]);
        Files = new()
        {
            ["package/LICENSE"] = "licence"u8.ToArray(),
            ["package/package.json"] = "{}"u8.ToArray(),
            ["package/bins/linux-x64/libllama.v1.so"] = Library(),
            ["package/bins/linux-x64/libllama-common.so"] = Library(),
            ["package/bins/linux-x64/libggml.v1.so"] = Library(),
            ["package/bins/linux-x64/libggml-base.so"] = Library(),
            ["package/bins/linux-x64/libggml-cpu-zen4.so"] = Library(),
            ["package/bins/linux-x64/libggml-cpu-haswell.so"] = Library(),
        };
    }

    /// <summary>What the archive holds.</summary>
    public Dictionary<string, byte[]> Files { get; }

    /// <summary>The user's home.</summary>
    public string Home => folder["home"];

    /// <summary>Where the package goes.</summary>
    public string Cache => Path.Combine(Home, ".cache", "llamalith", "peer", "1.0.0");

    /// <summary>How often npm was started.</summary>
    public int NpmRuns => File.Exists(folder["runs"]) ? File.ReadAllLines(folder["runs"]).Length : 0;

    /// <summary>npm's arguments, the last time.</summary>
    public string NpmArguments => File.ReadAllLines(folder["runs"])[^1];

    /// <summary>The head of a 64-bit ELF file.</summary>
    public static byte[] Library(byte machine = 62) =>
        [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, .. new byte[11], machine, 0, 1, 2, 3];

    /// <summary>Makes the archive, and an npm that copies it.</summary>
    public PeerPackage Pack()
    {
        string archive = folder["package.tgz"];
        using (GZipStream gzip = new(File.Create(archive), CompressionLevel.Fastest))
        using (TarWriter tar = new(gzip, TarEntryFormat.Pax))
        {
            foreach ((string name, byte[] content) in Files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }

        return Offer(archive);
    }

    /// <summary>Makes an npm that hands out a file, whatever it is.</summary>
    public PeerPackage Offer(string archive)
    {
        Npm($"""cp '{archive}' "$4/package-1.0.0.tgz" """);
        return new PeerPackage("package", "1.0.0", Convert.ToBase64String(SHA512.HashData(File.ReadAllBytes(archive))));
    }

    /// <summary>Makes an npm that does something else.</summary>
    public void Npm(string script)
    {
        string npm = Path.Combine(folder["bin"], "npm");
        File.WriteAllText(npm, $"#!/bin/sh\necho \"$@\" >> '{folder["runs"]}'\n{script}\n");
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("The fake npm is a shell script.");
        File.SetUnixFileMode(npm, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The machine as the installer sees it.</summary>
    public PeerEnvironment Environment(string platform = "linux-x64", params (string Name, string Value)[] variables)
    {
        Dictionary<string, string> all = new()
        {
            ["HOME"] = Home,
            ["PATH"] = folder["bin"] + Path.PathSeparator + "/usr/bin" + Path.PathSeparator + "/bin",
        };
        foreach ((string name, string value) in variables)
            all[name] = value;
        return new PeerEnvironment(platform, all.GetValueOrDefault);
    }

    /// <summary>Everything under the home, relative to it.</summary>
    public string[] Leftovers() => [.. Directory.EnumerateFileSystemEntries(Home, "*", SearchOption.AllDirectories)
        .Select(p => Path.GetRelativePath(Home, p)).Order(StringComparer.Ordinal)];

    public void Dispose() => folder.Dispose();
}
