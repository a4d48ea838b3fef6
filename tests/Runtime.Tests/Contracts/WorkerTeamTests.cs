using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>How threads share work.</summary>
public sealed class WorkerTeamTests
{
    [Fact]
    public void ShareBlocks_CoversEveryItemOnceInOrder() => Each((positions, heads, size) =>
    {
        int next = 0;
        for (int rank = 0; rank < size; rank++)
        {
            (int begin, int end) = WorkerTeam.ShareBlocks(positions, 256, heads, rank, size);
            Assert.Equal(next, begin);
            Assert.True(end >= begin, $"{positions} positions, {heads} heads, {rank} of {size}");
            next = end;
        }

        Assert.Equal((positions + 255) / 256 * heads, next);
    });

    /// <summary>No thread has more than its part of all positions and one item, which is never shared.</summary>
    [Fact]
    public void ShareBlocks_IsEvenInPositions() => Each((positions, heads, size) =>
    {
        for (int rank = 0; rank < size; rank++)
        {
            (int begin, int end) = WorkerTeam.ShareBlocks(positions, 256, heads, rank, size);
            long cost = 0;
            for (int item = begin; item < end; item++)
                cost += Math.Min(256, positions - (item / heads * 256));
            Assert.True(cost <= ((double)positions * heads / size) + Math.Min(positions, 256),
                $"{positions} positions, {heads} heads, {rank} of {size}: {cost}");
        }
    });

    [Fact]
    public void ShareBlocks_OfAFewHeadsAtDepth_LeavesNoThreadIdle()
    {
        // TinyLlama's four KV heads at depth 3,500 on up to 16 threads.
        for (int size = 1; size <= 16; size++)
        {
            for (int rank = 0; rank < size; rank++)
            {
                (int begin, int end) = WorkerTeam.ShareBlocks(3501, 256, 4, rank, size);
                Assert.True(end > begin, $"thread {rank} of {size} has nothing to do");
            }
        }
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData((32 << 10) - 1, 1, 1)]
    [InlineData(1_040_000, 26, 1)] // stories260K in F32
    [InlineData(2 * 26 * (32 << 10), 26, 2)]
    [InlineData((2 * 26 * (32 << 10)) - 1, 26, 1)]
    [InlineData(13_500_000, 31, 13)] // stories15M in Q4_0
    [InlineData(3_800_000_000, 161, 720)] // Llama 2 7B in Q4_0
    public void SizeFor_GivesEachThread32KiBBetweenBarriers(long weightBytes, int barriers, int worth) =>
        Assert.Equal(Math.Min(worth, Environment.ProcessorCount), WorkerTeam.SizeFor(weightBytes, barriers));

    [Fact]
    public void SizeFor_NegativeBytesOrNoBarrier_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => WorkerTeam.SizeFor(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WorkerTeam.SizeFor(1, 0));
    }

    [Fact]
    public void Dispose_DuringAJob_IsRefused_AndSoIsASecondJob()
    {
        using WorkerTeam team = new(2);
        int refused = 0;
        Job job = new(rank =>
        {
            Assert.Throws<InvalidOperationException>(team.Dispose);
            Assert.Throws<InvalidOperationException>(() => team.Run(new Job(static _ => { })));
            Interlocked.Increment(ref refused);
        });
        for (int round = 1; round <= 100; round++)
        {
            team.Run(job);
            Assert.Equal(2 * round, refused);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_AfterDispose_IsRefused(int size)
    {
        WorkerTeam team = new(size);
        team.Dispose();
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => team.Run(new Job(static _ => { })));
    }

    [Fact]
    public void Team_ThatNobodyDisposed_EndsItsThreads()
    {
        Workers workers = new();
        for (int round = 0; round < 100; round++)
            Forget(workers);
        for (int attempt = 0; attempt < 500 && workers.Alive > 0; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }

        Assert.Equal(100, workers.Count);
        Assert.Equal(0, workers.Alive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(Workers workers) => new WorkerTeam(2).Run(new Job(rank =>
    {
        if (rank > 0)
            workers.Add(Thread.CurrentThread);
    }));

    private sealed class Job(Action<int> share) : ITeamJob
    {
        public void Execute(int rank) => share(rank);
    }

    private sealed class Workers
    {
        private readonly List<Thread> _threads = [];

        public int Count => _threads.Count;

        public int Alive => _threads.Count(static thread => thread.IsAlive);

        public void Add(Thread thread) => _threads.Add(thread);
    }

    private static void Each(Action<int, int, int> check)
    {
        foreach (int positions in (int[])[1, 2, 31, 255, 256, 257, 300, 512, 513, 3501, 4096, 131072])
        {
            foreach (int heads in (int[])[1, 2, 3, 4, 8, 32, 40])
            {
                for (int size = 1; size <= 17; size++)
                    check(positions, heads, size);
            }
        }
    }
}
