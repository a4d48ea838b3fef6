using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using Llamalith.KernelChecks.Checks;

namespace Llamalith.KernelChecks;

/// <summary>
/// Runs the table of checks in a process of its own, so that environment variables can narrow the instruction sets, or ahead of
/// time compilation and emulation can change the machine. The last line of the output is 'N passed, N failed'.
/// </summary>
internal static class Program
{
    private const string Usage = """
        usage: Llamalith.KernelChecks [--expect avx512|avx2|neon|scalar] [--only TEXT] [--list] [--times] [--errors]
          --expect   fails unless this is the instruction set that the process offers and the engines pick
          --only     runs the checks whose names contain the text
          --list     prints the names of the checks
          --times    prints how long each check took
          --errors   prints the largest error seen under each bound
        """;

    private static int Main(string[] args)
    {
        string? expected = null;
        string only = "";
        bool list = false, times = false, errors = false;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--expect" when i + 1 < args.Length:
                    expected = args[++i];
                    break;
                case "--only" when i + 1 < args.Length:
                    only = args[++i];
                    break;
                case "--list":
                    list = true;
                    break;
                case "--times":
                    times = true;
                    break;
                case "--errors":
                    errors = true;
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        List<Check> checks = [.. CheckTable.All.Where(check => check.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];
        if (list)
        {
            foreach (Check check in checks)
                Console.WriteLine(check.Name);
            return 0;
        }

        SingleChecks.AllocationIsOurs = true;
        (int passed, int failed) = Run(checks, expected, times);
        if (errors)
        {
            foreach ((double bound, double error, string what) in LargestError.All())
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bound {bound:E1}: largest {error:E2}, {what}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed"));
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    private static (int Passed, int Failed) Run(List<Check> checks, string? expected, bool times)
    {
        int passed = 0, failed = 0;
        if (expected is not null)
        {
            // The engines are held to the same answer by a check of the table.
            string? offered = InstructionSets.Best(Isa.All);
            if (offered != expected)
            {
                Console.WriteLine($"FAILED the process offers {offered}, expected {expected}");
                return (0, 1);
            }

            passed++;
        }

        foreach (Check check in checks)
        {
            if (!check.IsSupported())
                continue;
            var watch = Stopwatch.StartNew();
            try
            {
                check.Run();
                passed++;
            }
            catch (Exception failure)
            {
                failed++;
                string kind = failure is CheckFailedException ? "" : failure.GetType().Name + ": ";
                Console.WriteLine($"FAILED {check.Name} | {kind}{failure.Message}");
            }

            if (times)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalMilliseconds,9:F1} ms {check.Name}"));
        }

        return (passed, failed);
    }
}
