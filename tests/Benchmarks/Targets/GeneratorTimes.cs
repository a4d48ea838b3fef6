using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using Llamalith.Benchmarks.Models;
using Microsoft.CodeAnalysis;

namespace Llamalith.Benchmarks.Targets;

/// <summary>The compiler itself: Llama 2 7B the first time and again, and a keystroke in another file.</summary>
internal static class GeneratorTimes
{
    public const string Command = "targets-generator";

    private const int Again = 20;
    private const double ColdTarget = 100;

    public static IEnumerable<TargetRow> Measure(int repeats)
    {
        double[][] runs = [.. Enumerable.Range(0, repeats).Select(_ => ChildProcess.Numbers(Command))];
        double cold = Median.Of([.. runs.Select(run => run[0])]);
        double again = Median.Of([.. runs.Select(run => run[1])]);
        double keystroke = Median.Of([.. runs.Select(run => run[2])]);
        double redone = runs.Max(run => run[3]);
        yield return new TargetRow("Generating Llama 2 7B, first time in a warm compiler", Text($"{cold:F1} ms"), "",
            Text($"{ColdTarget:F0} ms"), cold <= ColdTarget);
        yield return new TargetRow("Generating Llama 2 7B again from nothing", Text($"{again:F1} ms"), "", "", null);
        yield return new TargetRow(
            "A keystroke in another file", Text($"{keystroke:F2} ms, {redone:F0} steps redone"), "", "nothing redone", redone == 0);
    }

    /// <summary>
    /// Prints milliseconds of the first generation, of later ones, of one after a keystroke elsewhere, and how many outputs that made anew.
    /// </summary>
    public static int RunHere()
    {
        var run = new GeneratorRun();
        run.WarmCompiler();
        long start = Stopwatch.GetTimestamp();
        run.Generate();
        double cold = Milliseconds(start);

        List<double> again = [], keystrokes = [];
        for (int i = 0; i < Again; i++)
        {
            start = Stopwatch.GetTimestamp();
            run.Generate();
            again.Add(Milliseconds(start));
        }

        int redone = 0;
        GeneratorDriver driver = run.Generate(trackSteps: true);
        for (int i = 0; i < Again; i++)
        {
            Compilation edited = run.Edit();
            start = Stopwatch.GetTimestamp();
            GeneratorDriver next = driver.RunGenerators(edited);
            keystrokes.Add(Milliseconds(start));
            redone += GeneratorRun.Redone(next);
            driver = next;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{cold:R} {Median.Of([.. again]):R} {Median.Of([.. keystrokes]):R} {redone}"));
        return 0;
    }

    private static double Milliseconds(long start) => Stopwatch.GetElapsedTime(start).TotalMilliseconds;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
