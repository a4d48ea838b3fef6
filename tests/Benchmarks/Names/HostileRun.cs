using System;
using System.Globalization;
using System.Linq;
using Llamalith.Tests.Hostile;

namespace Llamalith.Benchmarks.Names;

/// <summary>`names [COUNT]`: tries the compiler on that many projects full of names that clash, and says what became of them. Each fault is shown with the shortest project that has it.</summary>
internal static class HostileRun
{
    public const string Command = "names";

    public static int Run(string[] args)
    {
        HostileSurvey survey = HostileSurvey.Of(args is [string count] ? long.Parse(count, CultureInfo.InvariantCulture) : 3000);
        foreach (string fault in survey.Faults)
            Console.Error.WriteLine(fault + "\n");
        Console.WriteLine($"{survey.Projects} projects: {string.Join(", ", survey.Outcomes.OrderBy(static outcome => outcome.Key).Select(static outcome => $"{outcome.Value} {outcome.Key}"))}, {survey.Faults.Count} faults");
        return survey.Faults.Count == 0 ? 0 : 1;
    }
}
