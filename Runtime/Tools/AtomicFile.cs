using System;
using System.IO;

namespace Llamalith.Tools;

/// <summary>A file that is there whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes beside the path under another name and renames at the end, over a file that is there. Whatever interrupts the writing leaves
    /// that file as it was and nothing beside it.
    /// </summary>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string temporary = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            // What is written comes in large pieces; a buffer would only copy it once more.
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
                write(stream);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
