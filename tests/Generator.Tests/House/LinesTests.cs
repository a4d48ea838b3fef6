using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests.House;

/// <summary>Lines of the sources fit a screen.</summary>
public sealed class LinesTests
{
    [Theory]
    [InlineData("Attributes")]
    [InlineData("Generator")]
    [InlineData("samples")]
    public void Sources_FitTheColumns(string folder) =>
        Assert.Empty(FilesOf(folder).SelectMany(static file => Columns.TooWide(file.Name, file.Text)));

    private static IEnumerable<(string Name, string Text)> FilesOf(string folder) =>
        from file in Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')
        where !name.Contains("/obj/", StringComparison.Ordinal) && !name.Contains("/bin/", StringComparison.Ordinal)
        select (name, File.ReadAllText(file));
}
