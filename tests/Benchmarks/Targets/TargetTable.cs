using System;
using System.Collections.Generic;
using System.Globalization;

namespace Llamalith.Benchmarks.Targets;

/// <summary>Measures every promise and prints one table. The exit code is 1 where one is not kept.</summary>
internal static class TargetTable
{
    private const string Usage = """
        usage: targets [--repeats N] [--only first|decode|prefill|generator]
          --repeats   measurements of each figure, of which the median counts; default 7
          --only      one group of promises
        """;

    public static int Run(string[] args)
    {
        int repeats = 7;
        string? only = null;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--repeats" when i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out repeats)
                    && repeats > 0:
                    i++;
                    break;
                case "--only" when i + 1 < args.Length:
                    only = args[++i];
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        (string Group, Func<int, IEnumerable<TargetRow>> Measure)[] groups =
        [
            ("first", FirstCalls.Measure),
            ("decode", DecodeSpeed.Measure),
            ("prefill", PrefillSpeed.Measure),
            ("generator", GeneratorTimes.Measure),
        ];
        List<TargetRow> rows = [];
        foreach ((string group, Func<int, IEnumerable<TargetRow>> measure) in groups)
        {
            if (only is null || only == group)
            {
                Console.Error.WriteLine($"measuring {group} ...");
                rows.AddRange(measure(repeats));
            }
        }

        if (rows.Count == 0)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        Print(rows);
        return rows.Exists(row => row.IsMet == false) ? 1 : 0;
    }

    private static void Print(List<TargetRow> rows)
    {
        string[][] cells = [["", "measured", "baseline", "target", "kept"], .. rows.ConvertAll(Cells)];
        int[] widths = new int[cells[0].Length];
        foreach (string[] row in cells)
        {
            for (int i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        }

        for (int r = 0; r < cells.Length; r++)
        {
            Console.WriteLine(
                "| " + string.Join(" | ", Array.ConvertAll(Indices(widths.Length), i => cells[r][i].PadRight(widths[i]))) + " |");
            if (r == 0)
                Console.WriteLine("|" + string.Join("|", Array.ConvertAll(widths, width => new string('-', width + 2))) + "|");
        }
    }

    private static string[] Cells(TargetRow row) =>
        [row.Name, row.Measured, row.Baseline, row.Target, row.IsMet switch { true => "yes", false => "NO", null => "" }];

    private static int[] Indices(int count)
    {
        int[] indices = new int[count];
        for (int i = 0; i < count; i++)
            indices[i] = i;
        return indices;
    }
}
