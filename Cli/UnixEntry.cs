using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Llamalith.Cli;

/// <summary>What a Unix file system says of an entry itself, wherever it points if it is a link.</summary>
/// <param name="IsLink">Whether it is a symbolic link.</param>
/// <param name="Owner">Its owner's number; null where this system is not asked for it.</param>
/// <param name="Mode">Its permissions.</param>
internal sealed unsafe partial record UnixEntry(bool IsLink, uint? Owner, UnixFileMode Mode)
{
    // The kernel's struct statx is the same on every architecture.
    private const int StatxBytes = 256, OwnerAt = 20, ModeAt = 28;
    private const int CurrentFolder = -100, NoFollow = 0x100;
    private const uint BasicFields = 0x7FF;
    private const ushort TypeMask = 0xF000, LinkType = 0xA000, PermissionMask = 0x0FFF;

    /// <summary>The number of the user that this process acts for.</summary>
    public static uint User => OperatingSystem.IsWindows() ? 0 : EffectiveUser();

    /// <summary>Looks at an entry; null where there is none.</summary>
    /// <exception cref="IOException">The system does not say.</exception>
    public static UnixEntry? Of(string path)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException();
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (!info.Exists && info.LinkTarget is null)
            return null;
        if (!OperatingSystem.IsLinux())
            return new UnixEntry(info.LinkTarget is not null, null, info.UnixFileMode);
        byte* buffer = stackalloc byte[StatxBytes];
        if (Statx(CurrentFolder, path, NoFollow, BasicFields, buffer) != 0)
            throw new IOException($"The owner of {path} cannot be found out (error {Marshal.GetLastPInvokeError()}).");
        ushort mode = *(ushort*)(buffer + ModeAt);
        return new UnixEntry((mode & TypeMask) == LinkType, *(uint*)(buffer + OwnerAt), (UnixFileMode)(mode & PermissionMask));
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
