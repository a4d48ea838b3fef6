using System;
using System.IO;

namespace Llamalith.Tools;

/// <summary>A file that is there whole or not at all.</summary>
public static class AtomicFile
{
    private const string PartialSuffix = ".partial";

    /// <summary>
    /// Writes beside the path under another name, sees it to the disk, and renames at the end, over a file that is there. Whatever
    /// interrupts the writing leaves that file as it was; only a killed process leaves anything beside it, see <see cref="RemovePartial"/>.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes all of it.</param>
    /// <exception cref="DirectoryNotFoundException">Its folder is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">This process must not write to its folder.</exception>
    /// <exception cref="IOException">It is a folder, a device or a pipe, or the system cannot write it.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{path} cannot be written: there is no folder {folder}.");

        if (Directory.Exists(path))
            throw new IOException($"{path} cannot be written: it is a folder.");

        // The new file would take the place of a device, and none of what was meant for it would get there.
        if (FileKind.IsDevice(path))
        {
            throw new IOException(
                $"{path} cannot be written: it is a device or a pipe, but a file is wanted, which can be replaced when the new one is "
                    + "whole.");
        }

        string temporary = $"{path}.{Guid.NewGuid():N}{PartialSuffix}";
        try
        {
            using (FileStream stream = Create(temporary, path))
            {
                write(stream);

                // Renamed before its content is safe, a file could be whole in name only after a power failure.
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Deletes what killed processes left of their attempts to write this file. Nobody else may be writing it.</summary>
    public static void RemovePartial(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(full) is not { } folder || !Directory.Exists(folder))
            return;
        foreach (string partial in Directory.EnumerateFiles(folder, $"{Path.GetFileName(full)}.*{PartialSuffix}"))
            File.Delete(partial);
    }

    private static FileStream Create(string temporary, string path)
    {
        try
        {
            // What is written comes in large pieces; a buffer would only copy it once more.
            return new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException e)
        {
            // The system's own message has a name that nobody asked for.
            throw new UnauthorizedAccessException(
                $"{path} cannot be written: this process must not make files in {Path.GetDirectoryName(Path.GetFullPath(path))}.", e);
        }
    }
}
