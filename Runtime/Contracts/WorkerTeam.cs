using System;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading;
using Llamalith.Threading;

namespace Llamalith.Contracts;

/// <summary>
/// Threads that run one job together and meet at barriers. The caller is thread 0; the others spin briefly for the next job and
/// then sleep. Starting a job costs about a barrier while they spin; nothing is allocated and no lock is taken.
/// </summary>
public sealed class WorkerTeam : IDisposable
{
    // Idle workers look for work this often before they sleep: some 100 us, longer than sampling a token takes.
    private const int SpinsBeforeSleep = 4000;

    // What a thread must have to read from one barrier to the next: a few microseconds' work, of which a barrier is some 100 ns.
    private const long LeastBytesBetweenBarriers = 32 << 10;

    /// <summary>
    /// The most threads of a team: more than any machine has processors for, and few enough that a system can start them.
    /// </summary>
    public const int MaxSize = 1024;

    private readonly Crew _crew;

    /// <summary>A team of that many threads, the caller's included.</summary>
    /// <param name="size">1 to <see cref="MaxSize"/>.</param>
    public WorkerTeam(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
        Size = size;
        _crew = new Crew(size);
    }

    /// <summary>
    /// Ends the threads of a team that nobody disposed: they know the crew and not the team, so they do not keep it alive.
    /// </summary>
    ~WorkerTeam() => _crew?.Abandon();

    /// <summary>Number of threads, the caller's included.</summary>
    public int Size { get; }

    /// <summary>Runs the job on all threads and returns when all are done. An exception of any of them is thrown here.</summary>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    /// <exception cref="InvalidOperationException">It runs another job.</exception>
    public void Run(ITeamJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        _crew.Run(job);
        GC.KeepAlive(this);
    }

    /// <summary>Waits inside a job until every thread of the team has come here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Barrier()
    {
        if (Size > 1)
            _crew.Barrier();
    }

    /// <summary>The same; says to all threads alike whether any of them wants to stop.</summary>
    public bool Barrier(bool stop) => Size > 1 ? _crew.Barrier(stop) : stop;

    /// <summary>
    /// The size of a team that runs a model for which nobody named one: as many threads as each have 32 KiB of weights to read from one
    /// barrier to the next, at least one, and no more than there are processors that this process may use.
    /// </summary>
    /// <param name="weightBytes">Bytes of weights that a token reads.</param>
    /// <param name="barriers">Barriers that a token passes.</param>
    public static int SizeFor(long weightBytes, int barriers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(weightBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(barriers, 1);
        return (int)Math.Clamp(weightBytes / (barriers * LeastBytesBetweenBarriers), 1, Environment.ProcessorCount);
    }

    /// <summary>The share of <paramref name="count"/> items that falls to a thread: contiguous, and as even as can be.</summary>
    public static (int Begin, int End) Share(int count, int rank, int size) =>
        ((int)((long)count * rank / size), (int)((long)count * (rank + 1) / size));

    /// <summary>
    /// A thread's share of one token's attention. The items are (block, head) in the order of memory, [blocks][heads], and an item
    /// costs as much as its block has positions: all have <paramref name="blockPositions"/> but the last, which has the rest.
    /// </summary>
    public static (int Begin, int End) ShareBlocks(int positions, int blockPositions, int heads, int rank, int size)
    {
        int full = positions / blockPositions;
        int rest = positions % blockPositions;
        return (ItemAt(rank), ItemAt(rank + 1));

        // The item that begins nearest to a thread's even share of all positions of all heads.
        int ItemAt(int thread)
        {
            long cost = (long)positions * heads * thread / size;
            long left = cost - ((long)full * heads * blockPositions);
            return left < 0
                ? (int)((cost + (blockPositions / 2)) / blockPositions)
                : (full * heads) + (rest == 0 ? 0 : (int)((left + (rest / 2)) / rest));
        }
    }

    /// <summary>Ends the threads.</summary>
    /// <exception cref="InvalidOperationException">The team runs a job.</exception>
    public void Dispose()
    {
        _crew.End();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the threads share.</summary>
    private sealed class Crew
    {
        private readonly int _size;
        private readonly Worker[] _workers;
        private SpinBarrier _barrier;
        private ITeamJob? _job;
        private ExceptionDispatchInfo? _failure;
        private int _epoch;

        public Crew(int size)
        {
            _size = size;
            _workers = new Worker[size - 1];
            try
            {
                for (int i = 0; i < _workers.Length; i++)
                    _workers[i] = new Worker(this, i + 1);
            }
            catch
            {
                // The system has no more threads to give.
                Abandon();
                throw;
            }
        }

        public int Epoch => Volatile.Read(ref _epoch);

        public void Run(ITeamJob job)
        {
            if (_size == 1)
            {
                ObjectDisposedException.ThrowIf(Volatile.Read(ref _job) == Ended.Job, typeof(WorkerTeam));
                job.Execute(0);
                return;
            }

            Claim(job);
            Interlocked.Increment(ref _epoch);
            foreach (Worker worker in _workers)
                worker.Wake();
            Execute(job, 0);
            Barrier();
            Volatile.Write(ref _job, null);
            if (_failure is not null)
                Interlocked.Exchange(ref _failure, null)!.Throw();
        }

        public void Barrier() => _barrier.SignalAndWait(_size);

        public bool Barrier(bool stop) => _barrier.SignalAndWait(_size, stop);

        public void End()
        {
            if (Volatile.Read(ref _job) == Ended.Job)
                return;
            Claim(Ended.Job);
            WakeAll();
            foreach (Worker worker in _workers)
                worker.Dispose();
        }

        /// <summary>Ends the threads without waiting for them.</summary>
        public void Abandon()
        {
            Volatile.Write(ref _job, Ended.Job);
            WakeAll();
        }

        // The job under way is what a team does: one at a time, and nothing after its end.
        private void Claim(ITeamJob job)
        {
            ITeamJob? current = Interlocked.CompareExchange(ref _job, job, null);
            ObjectDisposedException.ThrowIf(current == Ended.Job, typeof(WorkerTeam));
            if (current is not null)
                throw new InvalidOperationException("The team of threads runs another job.");
        }

        private void WakeAll()
        {
            Interlocked.Increment(ref _epoch);
            foreach (Worker? worker in _workers)
                worker?.Wake();
        }

        // A thread that failed still has to be waited for, or the others would hang: a job throws before its first barrier or not at all.
        private void Execute(ITeamJob job, int rank)
        {
            try
            {
                job.Execute(rank);
            }
            catch (Exception failure)
            {
                // The first one is kept for the caller of Run.
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(failure), null);
            }
        }

        /// <summary>Does a worker's share of the next job.</summary>
        /// <param name="rank">The worker.</param>
        /// <param name="epoch">The job's number.</param>
        /// <returns>Whether another may come.</returns>
        public bool Work(int rank, out int epoch)
        {
            epoch = Volatile.Read(ref _epoch);
            ITeamJob job = Volatile.Read(ref _job)!;
            if (job == Ended.Job)
                return false;
            Execute(job, rank);
            Barrier();
            return true;
        }
    }

    /// <summary>Stands for the job of a team that has ended.</summary>
    private sealed class Ended : ITeamJob
    {
        public static readonly Ended Job = new();

        public void Execute(int rank) => throw new InvalidOperationException("The team has ended.");
    }

    private sealed class Worker : IDisposable
    {
        private readonly Crew _crew;
        private readonly int _rank;
        private readonly SemaphoreSlim _bell = new(0);
        private readonly Thread _thread;
        private int _asleep;

        public Worker(Crew crew, int rank)
        {
            _crew = crew;
            _rank = rank;
            _thread = new Thread(Work) { IsBackground = true, Name = $"Llamalith worker {rank}" };
            _thread.Start();
        }

        public void Wake()
        {
            if (Interlocked.Exchange(ref _asleep, 0) == 1)
                _bell.Release();
        }

        public void Dispose()
        {
            _thread.Join();
            _bell.Dispose();
        }

        private void Work()
        {
            int seen = 0;
            do
                Await(seen);
            while (_crew.Work(_rank, out seen));
        }

        private void Await(int seen)
        {
            for (int spins = 0; spins < SpinsBeforeSleep; spins++)
            {
                if (_crew.Epoch != seen)
                    return;
                SpinBarrier.Pause();
            }

            // Announce sleep, then look once more: a job that started in between either sees the announcement or is seen here.
            Interlocked.Exchange(ref _asleep, 1);
            if (_crew.Epoch != seen && Interlocked.Exchange(ref _asleep, 0) == 1)
                return;
            _bell.Wait();
        }
    }
}
