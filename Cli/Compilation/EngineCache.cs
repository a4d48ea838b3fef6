using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Llamalith.Cli.Compilation;

/// <summary>
/// Compiled engines in a folder, one file a key. A file that is truncated, altered or another key's is as good as none, and so is one that
/// was not written with this user's secret. A folder that others may write to is not used. Any number of processes may share the folder: a
/// file appears whole or not at all.
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

    private static ReadOnlySpan<byte> Magic => "LLENGIN2"u8;

    // Beside the folder, in the one of this tool.
    private readonly string _secret = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(folder))!, "key");

    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>The file of a key.</summary>
    public string PathOf(string key) => Path.Combine(folder, key + Extension);

    /// <summary>Reads an engine, if it is there and sound.</summary>
    /// <exception cref="IOException">It is there, but cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is there, but must not be read, or others may have written it.</exception>
    public bool TryRead(string key, [NotNullWhen(true)] out byte[]? image)
    {
        image = null;
        FileInfo file = new(PathOf(key));
        if (!file.Exists || file.Length > MostBytes)
            return false;
        PrivateFolder.Require(folder);
        PrivateFolder.RequireFile(file.FullName);
        if (UserKey.Find(_secret) is not { } secret)
            return false;
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(file.FullName);
        int start = Magic.Length + UserKey.CodeBytes;
        if (bytes.Length <= start || !bytes.StartsWith(Magic)
            || !CryptographicOperations.FixedTimeEquals(bytes[Magic.Length..start], Code(secret, key, bytes[start..])))
        {
            return false;
        }

        image = bytes[start..].ToArray();
        return true;
    }

    /// <summary>Keeps an engine, over one that is there.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder must not be written, or others may write to it.</exception>
    public void Write(string key, ReadOnlySpan<byte> image)
    {
        // What lies here is run: others must not be able to put anything in.
        PrivateFolder.Create(folder);
        byte[] secret = UserKey.GetOrCreate(_secret);
        string temporary = Path.Combine(folder, Guid.NewGuid().ToString("N") + TemporaryExtension);
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (FileStream file = new(temporary, options))
            {
                file.Write(Magic);
                file.Write(Code(secret, key, image));
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

    private static byte[] Code(byte[] secret, string key, ReadOnlySpan<byte> image)
    {
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
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
        foreach (FileInfo left in directory.GetFiles("*" + TemporaryExtension)
            .Where(file => file.LastWriteTimeUtc < DateTime.UtcNow.AddDays(-1)))
        {
            left.Delete();
        }
    }
}
