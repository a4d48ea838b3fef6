using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests.House;

/// <summary>How many files know of a hyperparameter: a table and what computes it, as CONTRIBUTING.md lists them.</summary>
public sealed class SpreadTests
{
    private const int MostFiles = 8;

    private static readonly string[] s_rooms = ["Attributes", "Generator", "Runtime", "Cli", "samples"];

    [Theory]
    [InlineData("QkvBias|QueryBias|KeyBias|AddBias")]
    [InlineData("SlidingWindow")]
    public void Hyperparameter_IsKnownToFewFiles(string words)
    {
        string[] files =
        [
            .. from room in s_rooms
               from file in Directory.EnumerateFiles(Repository.PathOf(room), "*.cs", SearchOption.AllDirectories)
               let path = Path.GetRelativePath(Repository.Root, file)
               where !path.Split(Path.DirectorySeparatorChar)
                   .Any(static part => part is "bin" or "obj") && Regex.IsMatch(File.ReadAllText(file), words)
               select path,
        ];
        Assert.NotEmpty(files);
        Assert.True(files.Length <= MostFiles, $"{files.Length} files know of {words}: {string.Join(", ", files)}");
        string listed = File.ReadAllText(Repository.PathOf("CONTRIBUTING.md"));
        Assert.All(files, file => Assert.Contains(Path.GetFileName(file), listed, StringComparison.Ordinal));
    }
}
