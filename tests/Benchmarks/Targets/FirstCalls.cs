using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using Llamalith.Benchmarks.Models;

namespace Llamalith.Benchmarks.Targets;

/// <summary>The first calls of a fresh process: the first token already runs optimised code.</summary>
internal static class FirstCalls
{
    public const string Command = "targets-first";

    private const int Calls = 20;
    private const int SteadyCalls = 2000;
    private const double FirstTarget = 3000;

    public static IEnumerable<TargetRow> Measure(int repeats)
    {
        double[][] runs = [.. Enumerable.Range(0, repeats).Select(_ => ChildProcess.Numbers(Command))];
        double load = Median.Of([.. runs.Select(run => run[0])]);
        double first = Median.Of([.. runs.Select(run => run[1])]);
        double next = Median.Of([.. runs.Select(run => Median.Of(run.AsSpan(2..(1 + Calls))))]);
        double worst = Median.Of([.. runs.Select(run => run[2..(1 + Calls)].Max())]);
        double steady = Median.Of([.. runs.Select(run => run[^1])]);
        yield return new TargetRow("stories260K: load, first in the process", Text($"{load / 1000:F1} ms"), "", "", null);
        yield return new TargetRow(
            "stories260K: first decode call", Text($"{first:F1} us"), "", Text($"{FirstTarget:F0} us"), first <= FirstTarget);
        yield return new TargetRow(
            "stories260K: decode calls 2 to 20",
            Text($"median {next:F1} us, worst {worst:F1} us"),
            Text($"after {SteadyCalls} calls {steady:F1} us"),
            "at once at full speed",
            next <= 1.5 * steady);
    }

    /// <summary>Prints the microseconds of the load, of the first calls, and of a call when all is warm.</summary>
    public static int RunHere()
    {
        int[] tokens = Workload.Tokens(Calls, Stories260K.VocabSize);
        double[] times = new double[Calls + 2];
        long start = Stopwatch.GetTimestamp();
        using Stories260K model = Workload.LoadStories260K(threads: 1);
        times[0] = Microseconds(start);
        for (int i = 0; i < Calls; i++)
        {
            start = Stopwatch.GetTimestamp();
            model.Decode(tokens[i]);
            times[1 + i] = Microseconds(start);
        }

        // The same positions again, warm: the cost of a call grows with its position.
        List<double> steady = [];
        for (int i = 0; i < SteadyCalls; i++)
        {
            if (i % Calls == 0)
                model.Truncate(0);
            start = Stopwatch.GetTimestamp();
            model.Decode(tokens[i % Calls]);
            steady.Add(Microseconds(start));
        }

        times[^1] = Median.Of([.. steady[(SteadyCalls / 2)..]]);
        Console.WriteLine(string.Join(' ', Array.ConvertAll(times, time => time.ToString("R", CultureInfo.InvariantCulture))));
        return 0;
    }

    private static double Microseconds(long start) => Stopwatch.GetElapsedTime(start).TotalMicroseconds;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
