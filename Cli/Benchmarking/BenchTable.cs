using System;
using System.IO;
using System.Linq;
using Spectre.Console;

namespace Llamalith.Cli.Benchmarking;

/// <summary>The report for people: a drawn table on a terminal, aligned plain text elsewhere.</summary>
internal static class BenchTable
{
    /// <summary>Draws it on a terminal.</summary>
    public static void Draw(IAnsiConsole console, BenchReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string column in BenchReport.Columns)
        {
            table.AddColumn(new TableColumn(
                Markup.Escape(column)) { Alignment = column == BenchReport.Columns[0] ? Justify.Left : Justify.Right, NoWrap = true });
        }

        foreach (string[] row in report.Rows())
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        console.Write(table);
        foreach (string note in report.Notes())
            console.WriteLine(note);
    }

    /// <summary>Writes it as lines of columns.</summary>
    public static void Write(TextWriter output, BenchReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        string[][] lines = [[.. BenchReport.Columns], .. report.Rows()];
        int[] widths = [.. BenchReport.Columns.Select((_, i) => lines.Max(line => line[i].Length))];
        foreach (string[] line in lines)
            output.WriteLine(string.Join("  ", line.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))));
        output.WriteLine();
        foreach (string note in report.Notes())
            output.WriteLine(note);
    }
}
