using System;

namespace Llamalith.Tests;

/// <summary>What code allocates on the thread that runs it.</summary>
internal static class Allocations
{
    /// <summary>
    /// The fewest bytes that one of several runs allocated. What the runtime does now and then for itself, such as growing the table of
    /// casts that it knows, lands on whatever thread is at it; what code allocates in every run, it allocates in the cheapest one too.
    /// </summary>
    /// <param name="run">Runs the code: often enough that each run meets each of its ways.</param>
    public static long Least(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
