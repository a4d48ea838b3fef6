using System;
using System.IO;

namespace Llamalith.Cli;

/// <summary>Where the tool keeps what it can make again.</summary>
internal static class CacheFolder
{
    /// <summary>
    /// A folder below $XDG_CACHE_HOME/llamalith, else ~/.cache/llamalith, on Windows %LOCALAPPDATA%\llamalith; null where the
    /// environment says none of them. It need not exist.
    /// </summary>
    public static string? Find(string name)
    {
        string? root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");

        // The XDG specification says to ignore a relative path.
        if (!Path.IsPathRooted(root))
        {
            root = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".cache") : null;
        }

        return string.IsNullOrEmpty(root) ? null : Path.Combine(root, "llamalith", name);
    }
}
