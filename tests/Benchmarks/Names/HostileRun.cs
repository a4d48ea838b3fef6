using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using Llamalith.Tests.Hostile;

namespace Llamalith.Benchmarks.Names;

/// <summary>
/// `names [COUNT]`: tries the compiler on that many projects full of names that clash, and says what became of them. Each fault is shown
/// with the shortest project that has it.
/// </summary>
internal static class HostileRun
{
    public const string Command = "names";

    public static int Run(string[] args)
    {
        Stopwatch watch = Stopwatch.StartNew();
        long lastSaid = 0;
        HostileSurvey survey = HostileSurvey.Of(args is [string count] ? long.Parse(count, CultureInfo.InvariantCulture) : 3000, Say);
        foreach (string fault in survey.Faults)
            Console.Error.WriteLine(fault + "\n");
        Console.WriteLine(survey);
        return survey.Faults.Count == 0 ? 0 : 1;

        // Every ten seconds, by whoever comes first.
        void Say(HostileSurvey soFar)
        {
            long second = watch.ElapsedMilliseconds / 1000, before = Interlocked.Read(ref lastSaid);
            if (second >= before + 10 && Interlocked.CompareExchange(ref lastSaid, second, before) == before)
                Console.Error.WriteLine($"{second,5} s: {soFar}");
        }
    }
}
