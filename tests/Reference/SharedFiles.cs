using System;
using System.IO;

namespace Llamalith.Reference;

/// <summary>
/// Published models that the repository does not carry: looked for in the folder that the environment variable LLAMALITH_DATA
/// names, else in ../shared/data beside the repository.
/// </summary>
public static class SharedFiles
{
    /// <summary>The full path of a file; null where it is not.</summary>
    public static string? Find(string name)
    {
        string? folder = Folder();
        if (folder is null)
            return null;
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? path : null;
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
