using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Llamalith.Cli.Compilation;

/// <summary>
/// Compiled engines in a folder, one file a key. A file that is truncated, altered or another key's is as good as none. Any number
/// of processes may share the folder: a file appears whole or not at all.
/// </summary>
/// <param name="folder">The folder, which need not exist.</param>
internal sealed class EngineCache(string folder)
{
    /// <summary>So many engines are kept; when there are more the oldest go, to be compiled again should they be wanted.</summary>
    public const int MostEntries = 64;

    private const string Extension = ".engine";
    private const string TemporaryExtension = ".tmp";

    // Far more than any engine has; a larger file is not read at all.
    private const int MostBytes = 64 << 20;

    private static ReadOnlySpan<byte> Magic => "LLENGIN1"u8;

    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>The file of a key.</summary>
    public string PathOf(string key) => Path.Combine(folder, key + Extension);

    /// <summary>Reads an engine, if it is there and sound.</summary>
    /// <exception cref="IOException">It is there, but cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is there, but must not be read.</exception>
    public bool TryRead(string key, [NotNullWhen(true)] out byte[]? image)
    {
        image = null;
        FileInfo file = new(PathOf(key));
        if (!file.Exists || file.Length > MostBytes)
            return false;
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(file.FullName);
        int start = Magic.Length + SHA256.HashSizeInBytes;
        if (bytes.Length <= start || !bytes.StartsWith(Magic) || !bytes[Magic.Length..start].SequenceEqual(Checksum(key, bytes[start..])))
            return false;
        image = bytes[start..].ToArray();
        return true;
    }

    /// <summary>Keeps an engine, over one that is there.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder must not be written.</exception>
    public void Write(string key, ReadOnlySpan<byte> image)
    {
        // What lies here is run: others must not be able to put anything in.
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string temporary = Path.Combine(folder, Guid.NewGuid().ToString("N") + TemporaryExtension);
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                file.Write(Magic);
                file.Write(Checksum(key, image));
                file.Write(image);
            }

            File.Move(temporary, PathOf(key), overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        Prune();
    }

    private static byte[] Checksum(string key, ReadOnlySpan<byte> image)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(key));
        hash.AppendData(image);
        return hash.GetHashAndReset();
    }

    // Beside engines of long ago there may be what a process left that was killed while it wrote.
    private void Prune()
    {
        DirectoryInfo directory = new(folder);
        foreach (FileInfo old in directory.GetFiles("*" + Extension).OrderByDescending(file => file.LastWriteTimeUtc).Skip(MostEntries))
            old.Delete();
        foreach (FileInfo left in directory.GetFiles("*" + TemporaryExtension).Where(file => file.LastWriteTimeUtc < DateTime.UtcNow.AddDays(-1)))
            left.Delete();
    }
}
