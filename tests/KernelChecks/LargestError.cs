using System.Collections.Generic;

namespace Llamalith.KernelChecks;

/// <summary>The largest error seen under each bound, so that a run says how much room the bounds leave.</summary>
internal static class LargestError
{
    private static readonly SortedDictionary<double, (double Error, string What)> s_seen = [];

    public static void Note(double bound, double error, string what)
    {
        lock (s_seen)
        {
            if (!s_seen.TryGetValue(bound, out (double Error, string What) largest) || error > largest.Error)
                s_seen[bound] = (error, what);
        }
    }

    public static IReadOnlyList<(double Bound, double Error, string What)> All()
    {
        lock (s_seen)
        {
            List<(double Bound, double Error, string What)> all = [];
            foreach ((double bound, (double error, string what)) in s_seen)
                all.Add((bound, error, what));
            return all;
        }
    }
}
