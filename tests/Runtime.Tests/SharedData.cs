using System;
using System.IO;

namespace Llamalith.Tests;

/// <summary>
/// Published models and tokenizers that the repository does not carry: looked for in the folder that the environment variable
/// LLAMALITH_DATA names, else in ../shared/data beside the repository. A test that needs a missing one skips itself.
/// </summary>
internal static class SharedData
{
    /// <summary>The full path of a data file; skips the calling test where there is none.</summary>
    public static string PathOrSkip(string name)
    {
        string? folder = Folder();
        string path = Path.Combine(folder ?? "../shared/data", name);
        if (folder is null || !File.Exists(path))
            Assert.Skip($"{path} is not here (set LLAMALITH_DATA to the folder that holds it).");
        return path;
    }

    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable("LLAMALITH_DATA") is { Length: > 0 } named)
            return named;
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
            folder = folder.Parent;
        return folder?.Parent is { } beside ? Path.Combine(beside.FullName, "shared", "data") : null;
    }
}
