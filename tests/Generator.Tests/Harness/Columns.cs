using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Tests.Harness;

/// <summary>Lines fit a screen: those that people write, and those that are emitted.</summary>
internal static class Columns
{
    /// <summary>Columns of the widest line.</summary>
    public const int Most = 140;

    /// <summary>The lines of a file that are wider, each as a sentence.</summary>
    public static IEnumerable<string> TooWide(string file, string text) =>
        from line in text.Split('\n').Select(static (line, index) => (Text: line.TrimEnd('\r'), Number: index + 1))
        where line.Text.Length > Most
        select $"{file}, line {line.Number}: {line.Text.Length} columns";
}
