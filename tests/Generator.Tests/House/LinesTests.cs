using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests.House;

/// <summary>Lines of the generator fit a screen.</summary>
public sealed class LinesTests
{
    private const int Columns = 140;

    [Theory]
    [InlineData("Generator/Emission")]
    [InlineData("Generator/Planning")]
    public void Room_FitsTheColumns(string room) => Assert.Empty(
        Directory.EnumerateFiles(Repository.PathOf(room), "*.cs", SearchOption.AllDirectories)
            .SelectMany(static file => TooWide(Path.GetRelativePath(Repository.Root, file), File.ReadAllText(file))));

    private static IEnumerable<string> TooWide(string file, string text) =>
        from line in text.Split('\n').Select(static (line, index) => (Text: line.TrimEnd('\r'), Number: index + 1))
        where line.Text.Length > Columns
        select $"{file}, line {line.Number}: {line.Text.Length} columns";
}
