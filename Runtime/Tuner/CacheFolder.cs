using System;
using System.IO;

namespace Llamalith.Tuner;

/// <summary>Where what can be made again is kept for a user.</summary>
internal static class CacheFolder
{
    /// <summary>
    /// A folder below $XDG_CACHE_HOME/llamalith, else ~/.cache/llamalith, on Windows %LOCALAPPDATA%\llamalith; null where the
    /// environment says none of them. It need not exist.
    /// </summary>
    /// <param name="name">The folder's name.</param>
    /// <param name="variable">Reads an environment variable; null or empty where it is unset.</param>
    public static string? Find(string name, Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        string? root = variable("XDG_CACHE_HOME");

        // The XDG specification says to ignore a relative path.
        if (!Path.IsPathRooted(root))
        {
            root = OperatingSystem.IsWindows()
                ? variable("LOCALAPPDATA")
                : variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".cache") : null;
        }

        return string.IsNullOrEmpty(root) ? null : Path.Combine(root, "llamalith", name);
    }
}
