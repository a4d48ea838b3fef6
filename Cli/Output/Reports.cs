using System.IO;

namespace Llamalith.Cli.Output;

/// <summary>What verbs that write files say of them.</summary>
internal static class Reports
{
    /// <summary>Says on standard output that a file is there. It is, whether or not anyone can be told.</summary>
    public static void ReportLine(this TextWriter output, string line) => new NoticeWriter(output).WriteLine(line);
}
