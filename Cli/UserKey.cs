using System;
using System.IO;
using System.Security.Cryptography;

namespace Llamalith.Cli;

/// <summary>
/// A secret of this user's by which the tool knows again what it wrote: in a file that nobody else may read, made when it is first needed.
/// </summary>
internal static class UserKey
{
    /// <summary>Bytes of a code.</summary>
    public const int CodeBytes = HMACSHA256.HashSizeInBytes;

    private const int KeyBytes = 32;

    /// <summary>The key at a path, made where there is none.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be, or others may have written it.</exception>
    public static byte[] GetOrCreate(string path)
    {
        if (Find(path) is { } there)
            return there;
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (FileStream file = new(temporary, options))
                file.Write(RandomNumberGenerator.GetBytes(KeyBytes));
            try
            {
                File.Move(temporary, path);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process was first: its key is the one.
            }
        }
        finally
        {
            File.Delete(temporary);
        }

        return Find(path) ?? throw new IOException($"{path} is no key of {KeyBytes} bytes; delete it.");
    }

    /// <summary>The key at a path; null where there is none.</summary>
    /// <inheritdoc cref="GetOrCreate"/>
    public static byte[]? Find(string path)
    {
        if (!File.Exists(path))
            return null;
        PrivateFolder.RequireFile(path);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0)
            throw new UnauthorizedAccessException($"{path} can be read by others; delete it.");
        byte[] key = new byte[KeyBytes + 1];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(key, key.Length, throwOnEndOfStream: false) == KeyBytes
            ? key[..KeyBytes] : throw new IOException($"{path} is no key of {KeyBytes} bytes; delete it.");
    }
}
