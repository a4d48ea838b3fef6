using System.IO;

namespace Llamalith.Cli.Commands;

/// <summary>A file of text that the command line names.</summary>
internal static class TextFile
{
    /// <summary>All of it.</summary>
    /// <exception cref="CliException">It is a folder, which the system would call forbidden.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Read(string path) => Directory.Exists(path) ? throw new CliException($"{path} is a folder, not a file of text.") : File.ReadAllText(path);
}
