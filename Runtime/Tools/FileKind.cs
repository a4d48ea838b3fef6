using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Llamalith.Tools;

/// <summary>Tells files from what only has a file's name: devices and pipes, which .NET does not tell apart.</summary>
internal static unsafe partial class FileKind
{
    // Linux's struct statx, which is the same on every processor: 256 bytes, the mode at byte 28, of which the upper four bits say the
    // kind.
    private const int StatxBytes = 256, ModeOffset = 28, KindMask = 0xF000, Regular = 0x8000, Folder = 0x4000;
    private const int CurrentFolder = -100;
    private const uint AskForKind = 1;

    /// <summary>
    /// Whether a path leads to a device, a pipe or a socket. False where nothing is there, and on systems other than Linux.
    /// </summary>
    public static bool IsDevice(string path)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        byte* status = stackalloc byte[StatxBytes];
        return Status(CurrentFolder, path, 0, AskForKind, status) == 0
            && (Unsafe.ReadUnaligned<ushort>(status + ModeOffset) & KindMask) is not (Regular or Folder);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, byte* status);
}
