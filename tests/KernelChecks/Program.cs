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
        usage: Llamalith.KernelChecks [--expect avx512|avx2|neon|scalar] [--dot yes|no] [--small] [--only TEXT] [--list] [--times] [--errors] [--digests]
          --expect   fails unless this is the instruction set that the process offers and the engines pick
          --dot      fails unless this is whether dot products of bytes are there: ARM's, or AVX-VNNI's
          --small    runs the checks of the smallest classes, which cover every format, for machines that are emulated
          --only     runs the checks whose names contain the text
          --list     prints the names of the checks
          --times    prints how long each check took
          --errors   prints the largest error seen under each bound
          --digests  prints Digests.txt as it must be where this process is right
        """;

    private static int Main(string[] args)
    {
        string? expected = null, dot = null;
        string only = "";
        bool small = false, list = false, times = false, errors = false, digests = false;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--expect" when i + 1 < args.Length:
                    expected = args[++i];
                    break;
                case "--dot" when i + 1 < args.Length && args[i + 1] is "yes" or "no":
                    dot = args[++i];
                    break;
                case "--small":
                    small = true;
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
                case "--digests":
                    digests = true;
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        List<Check> checks =
            [.. (small ? CheckTable.Small : CheckTable.All).Where(check => check.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];
        if (digests)
            return PrintDigests(checks);

        if (list)
        {
            foreach (Check check in checks)
                Console.WriteLine(check.Name);
            return 0;
        }

        SingleChecks.AllocationIsOurs = true;
        (int passed, int failed) = Offered(expected, dot);
        if (failed == 0)
        {
            (int passedChecks, failed) = Run(checks, times);
            passed += passedChecks;
        }

        if (errors)
        {
            foreach ((double bound, double error, string what) in LargestError.All())
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bound {bound:E1}: largest {error:E2}, {what}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed"));
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    private static int PrintDigests(List<Check> checks)
    {
        // Engines for other machines keep what the table has.
        Digests.Recorded = new(Digests.Known, StringComparer.Ordinal);
        foreach (Check check in checks)
        {
            if (check.IsSupported() && check.Name.EndsWith(BitsChecks.Same, StringComparison.Ordinal))
                check.Run();
        }

        foreach ((string name, string digest) in Digests.Recorded)
            Console.WriteLine($"{digest} {name}");
        return 0;
    }

    // What the process offers. The engines are held to the same answer by a check of the table.
    private static (int Passed, int Failed) Offered(string? instructionSet, string? dot)
    {
        int passed = 0, failed = 0;
        Compare(instructionSet, InstructionSets.Best(Isa.All) ?? "nothing");
        Compare(dot is null ? null : "dot product: " + dot, "dot product: " + (InstructionSets.HasDotProduct ? "yes" : "no"));
        return (passed, failed);

        void Compare(string? expected, string offered)
        {
            if (expected is null)
                return;
            if (offered == expected)
            {
                passed++;
                return;
            }

            failed++;
            Console.WriteLine($"FAILED the process offers {offered}, expected {expected}");
        }
    }

    private static (int Passed, int Failed) Run(List<Check> checks, bool times)
    {
        int passed = 0, failed = 0;
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
