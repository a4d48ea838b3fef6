using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Llamalith.Contracts;

namespace Llamalith.Tuner;

/// <summary>
/// What was measured, a small file for each engine, machine and number of threads. What cannot be read, or is something else, is as good
/// as none; what cannot be written is not kept. Any number of processes may share the folder: a file appears whole or not at all.
/// </summary>
/// <param name="folder">The folder, which need not exist; null or empty for none.</param>
internal sealed class KeptKernels(string? folder)
{
    /// <summary>So many files are kept; when there are more the oldest go.</summary>
    public const int MostEntries = 256;

    private const string Extension = ".kernels";
    private const string TemporaryExtension = ".tmp";

    /// <summary>The folder of this user; null where the environment says none.</summary>
    public static string? UsersFolder => CacheFolder.Find("kernels", Environment.GetEnvironmentVariable);

    /// <summary>The file of a key.</summary>
    public string PathOf(string key) => Path.Combine(folder ?? "", Hash(key).ToString("x16", CultureInfo.InvariantCulture) + Extension);

    /// <summary>What is kept under a key; null for nothing.</summary>
    public KernelChoices? TryRead(string key)
    {
        try
        {
            if (string.IsNullOrEmpty(folder) || !File.Exists(PathOf(key)))
                return null;
            using FileStream file = new(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            KernelChoices choices = KernelChoices.Load(file, PathOf(key), out string comment);
            return comment == key ? choices : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Keeps choices under a key, over what is there.</summary>
    public void Write(string key, KernelChoices choices)
    {
        if (string.IsNullOrEmpty(folder))
            return;
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string temporary = Path.Combine(folder, Guid.NewGuid().ToString("N") + TemporaryExtension);
            try
            {
                File.WriteAllText(temporary, choices.ToString(key));
                File.Move(temporary, PathOf(key), overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }

            Prune();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // It is measured again, then.
        }
    }

    // FNV-1a: a name, which the file's second line is checked by.
    private static ulong Hash(string key)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in Encoding.UTF8.GetBytes(key))
            hash = unchecked((hash ^ value) * 1099511628211);
        return hash;
    }

    private void Prune()
    {
        DirectoryInfo directory = new(folder!);
        FileInfo[] kept = directory.GetFiles("*" + Extension), left = directory.GetFiles("*" + TemporaryExtension);
        foreach (FileInfo old in kept.OrderByDescending(static file => file.LastWriteTimeUtc).Skip(MostEntries))
            old.Delete();
        foreach (FileInfo old in left.Where(static file => file.LastWriteTimeUtc < DateTime.UtcNow.AddDays(-1)))
            old.Delete();
    }
}
