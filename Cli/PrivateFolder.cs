using System;
using System.IO;
using System.Linq;

namespace Llamalith.Cli;

/// <summary>
/// Folders whose contents this process runs. Only this user and the system's own may be able to put anything there: neither the folder nor
/// one that it lies in may be another's or writable by others, and the tool's own may not be links. On Windows a user's application data
/// are so by themselves.
/// </summary>
internal static class PrivateFolder
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // The cache's folder and the one of this tool in it.
    private const int OwnLevels = 2;
    private const int MostLinks = 40;

    /// <summary>Makes a folder, and its parents, that is this user's alone.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be made, or is not private.</exception>
    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Require(folder);
    }

    /// <summary>Refuses a folder that is not private.</summary>
    /// <exception cref="UnauthorizedAccessException">The message names what is wrong, and where.</exception>
    public static void Require(string folder)
    {
        if (FaultOf(folder) is { } fault)
            throw new UnauthorizedAccessException($"{fault}, so that others could put code there.");
    }

    /// <summary>Refuses a file that another user may have written.</summary>
    /// <exception cref="UnauthorizedAccessException">The message names what is wrong.</exception>
    public static void RequireFile(string path)
    {
        if (OperatingSystem.IsWindows() || UnixEntry.Of(path) is not { } entry)
            return;
        string? fault = entry.IsLink ? $"{path} is a link" : FaultOf(path, entry);
        if (fault is not null)
            throw new UnauthorizedAccessException($"{fault}.");
    }

    /// <summary>Why a folder is not private, or will not be once it is made; null where it is.</summary>
    public static string? FaultOf(string folder)
    {
        if (OperatingSystem.IsWindows())
            return null;
        string[] parts = PartsOf(Path.GetFullPath(folder));
        string path = "/";
        int links = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            string next = Path.Combine(path, parts[i]);
            if (UnixEntry.Of(next) is not { } entry)
                return null;
            if (!entry.IsLink)
            {
                if (FaultOf(next, entry) is { } fault)
                    return fault;
                path = next;
                continue;
            }

            // People move their homes and caches; whoever may write where the link lies was looked at already.
            if (i >= parts.Length - OwnLevels)
                return $"{next} is a link";
            if (!IsTrusted(entry))
                return $"{next} is a link of another user's (number {entry.Owner})";
            if (++links > MostLinks)
                return $"{folder} goes through more than {MostLinks} links";
            string target = Path.GetFullPath(new FileInfo(next).LinkTarget!, path);
            parts = [.. PartsOf(target), .. parts[(i + 1)..]];
            path = "/";
            i = -1;
        }

        return null;
    }

    // A sticky folder, such as /tmp, lets nobody touch what is another's.
    private static string? FaultOf(string path, UnixEntry entry)
    {
        if (!IsTrusted(entry))
            return $"{path} belongs to another user (number {entry.Owner})";
        return (entry.Mode & OthersWrite) != 0 && (entry.Mode & UnixFileMode.StickyBit) == 0
            ? $"{path} is writable by others (mode {Convert.ToString((int)entry.Mode, 8)})"
            : null;
    }

    private static bool IsTrusted(UnixEntry entry) => entry.Owner is null or 0 || entry.Owner == UnixEntry.User;

    private static string[] PartsOf(string path) => [.. path.Split('/').Where(static part => part.Length > 0)];
}
