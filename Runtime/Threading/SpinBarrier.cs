using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Llamalith.Threading;

/// <summary>
/// A barrier for threads that arrive within microseconds of each other: an arrival counter and a phase, each on a cache line
/// of its own. Waiting spins, then gives its time slice away, so that it stays correct when a core is taken from us.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct SpinBarrier
{
    // Some 20 us of pauses; a barrier inside a token is met within one.
    private const int SpinsBeforeYield = 1000;

    // The lowest bit of a phase says whether its threads are to stop.
    private const int Stopped = 1, Turn = 2;

    [FieldOffset(64)]
    private int _arrived;

    [FieldOffset(128)]
    private int _phase;

    [FieldOffset(72)]
    private int _stop;

    /// <summary>Waits until <paramref name="parties"/> threads have called it.</summary>
    public void SignalAndWait(int parties)
    {
        int phase = Volatile.Read(ref _phase);
        if (Interlocked.Increment(ref _arrived) == parties)
        {
            _arrived = 0;
            Volatile.Write(ref _phase, unchecked(phase + Turn));
            return;
        }

        Await(phase);
    }

    /// <summary>The same; says to all of them alike whether any wants to stop.</summary>
    public bool SignalAndWait(int parties, bool stop)
    {
        // The last one to come writes the answer into the phase, which nobody changes before all have come to the next barrier.
        if (stop)
            Volatile.Write(ref _stop, Stopped);
        int phase = Volatile.Read(ref _phase);
        if (Interlocked.Increment(ref _arrived) == parties)
        {
            _arrived = 0;
            int answer = Interlocked.Exchange(ref _stop, 0);
            Volatile.Write(ref _phase, unchecked(((phase & ~Stopped) + Turn) | answer));
            return answer != 0;
        }

        Await(phase);
        return (Volatile.Read(ref _phase) & Stopped) != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Await(int phase)
    {
        for (int spins = 0; Volatile.Read(ref _phase) == phase; spins++)
        {
            if (spins < SpinsBeforeYield)
                Pause();
            else
                Thread.Yield();
        }
    }

    // Thread.SpinWait normalises its length to some 40 ns a turn, longer than most waits here.
    internal static void Pause()
    {
        if (System.Runtime.Intrinsics.X86.X86Base.IsSupported)
            System.Runtime.Intrinsics.X86.X86Base.Pause();
        else if (System.Runtime.Intrinsics.Arm.ArmBase.IsSupported)
            System.Runtime.Intrinsics.Arm.ArmBase.Yield();
        else
            Thread.SpinWait(1);
    }
}
