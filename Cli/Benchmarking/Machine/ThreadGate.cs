using System;
using System.Diagnostics;
using System.Threading;

namespace Llamalith.Cli.Benchmarking.Machine;

/// <summary>Times work that several threads start at the same moment.</summary>
internal static class ThreadGate
{
    /// <summary>Runs a body on each of some threads, the caller's included.</summary>
    /// <param name="threads">How many.</param>
    /// <param name="body">Given the thread's index.</param>
    /// <returns>Seconds from the common start until the last has finished.</returns>
    public static double Seconds(int threads, Action<int> body)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ArgumentNullException.ThrowIfNull(body);
        int waiting = threads - 1;
        bool open = false;
        Exception? failure = null;
        Thread[] others = new Thread[threads - 1];
        for (int i = 0; i < others.Length; i++)
        {
            int index = i + 1;
            others[i] = new Thread(() =>
            {
                Interlocked.Decrement(ref waiting);
                while (!Volatile.Read(ref open))
                    Thread.SpinWait(1);
                Guard(index);
            })
            { IsBackground = true };
            others[i].Start();
        }

        SpinWait spin = default;
        while (Volatile.Read(ref waiting) > 0)
            spin.SpinOnce();
        long start = Stopwatch.GetTimestamp();
        Volatile.Write(ref open, true);
        Guard(0);
        foreach (Thread other in others)
            other.Join();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return failure is null ? seconds : throw new InvalidOperationException("A measuring thread failed.", failure);

        void Guard(int index)
        {
            try
            {
                body(index);
            }
            catch (Exception e)
            {
                // Carried to the caller: an exception that leaves a thread ends the process.
                Interlocked.CompareExchange(ref failure, e, null);
            }
        }
    }
}
