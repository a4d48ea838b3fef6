using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using CsCheck;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>The memory of conversations: taken as it is filled, shared, copied before it is written, and given back.</summary>
public sealed class KvPoolTests
{
    private const int PagePositions = 64;
    private const int PageBytes = PagePositions * 2 * sizeof(float);

    [Fact]
    public void Conversation_TakesPagesAsItIsFilled_AndReturnsThem()
    {
        KvPool pool = new(Layout(), 100 * PageBytes);
        using KvStorage cache = new(Layout(), pool);
        Assert.Equal(0, pool.TakenBytes);
        Fill(cache, 1, 30);
        Assert.Equal(PageBytes, pool.TakenBytes);
        Fill(cache, 2, 34);
        Assert.Equal(PageBytes, pool.TakenBytes);
        Fill(cache, 3, 1);
        Assert.Equal(2 * PageBytes, pool.TakenBytes);
        cache.Truncate(64);
        Assert.Equal(PageBytes, pool.TakenBytes);
        cache.Truncate(0);
        Assert.Equal(0, pool.TakenBytes);
        Fill(cache, 4, 200);
        Assert.Equal(4 * PageBytes, pool.TakenBytes);
        cache.Dispose();
        cache.Dispose();
        Assert.Equal(0, pool.TakenBytes);
    }

    [Fact]
    public void Fork_SharesPages_UntilOneGoesOn()
    {
        KvPool pool = new(Layout(), 100 * PageBytes);
        using KvStorage cache = new(Layout(), pool);
        Fill(cache, 1, 100);
        KvStorage fork = cache.Fork();
        Assert.Equal(2 * PageBytes, pool.TakenBytes);
        Fill(fork, 2, 1);
        Assert.Equal(3 * PageBytes, pool.TakenBytes);
        Fill(cache, 3, 1);
        Assert.Equal(3 * PageBytes, pool.TakenBytes);
        Assert.Equal([.. Repeat(1, 100), 3], Read(cache));
        Assert.Equal([.. Repeat(1, 100), 2], Read(fork));
        cache.Dispose();
        Assert.Equal(2 * PageBytes, pool.TakenBytes);
        Assert.Equal([.. Repeat(1, 100), 2], Read(fork));
        fork.Dispose();
        Assert.Equal(0, pool.TakenBytes);
    }

    /// <summary>Whatever is filled, forked, cut and disposed in any order, each conversation reads what was written to it.</summary>
    [Fact]
    public void Conversations_OfAnyHistory_KeepTheirOwn() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 9], Gen.Int[0, 130]).Array[1, 40].Sample(static steps =>
    {
        KvPool pool = new(Layout(), 60 * PageBytes);
        List<(KvStorage Cache, List<int> Expected)> all = [(new KvStorage(Layout(), pool), [])];
        int next = 0;
        foreach ((int kind, int which, int amount) in steps)
        {
            (KvStorage cache, List<int> expected) = all[which % all.Count];
            switch (kind)
            {
                case 0 when cache.Count + amount <= cache.Layout.Capacity:
                    try
                    {
                        Fill(cache, ++next, amount);
                        expected.AddRange(Repeat(next, amount));
                    }
                    catch (CacheFullException)
                    {
                        Assert.True(pool.TakenBytes > 50 * PageBytes);
                    }

                    break;
                case 1:
                    cache.Truncate(Math.Min(amount, cache.Count));
                    expected.RemoveRange(cache.Count, expected.Count - cache.Count);
                    break;
                case 2:
                    all.Add((cache.Fork(), [.. expected]));
                    break;
                case 3 when all.Count > 1:
                    cache.Dispose();
                    all.Remove((cache, expected));
                    break;
            }

            foreach ((KvStorage one, List<int> its) in all)
                Assert.Equal(its, Read(one));
        }

        foreach ((KvStorage one, List<int> _) in all)
            one.Dispose();
        Assert.Equal(0, pool.TakenBytes);
    }, iter: 300);

    [Fact]
    public void FullPool_SaysSo_AndLosesNothing()
    {
        KvPool pool = new(Layout(), (3 * PageBytes) + 1);
        using KvStorage first = new(Layout(), pool), second = new(Layout(), pool);
        Fill(first, 1, 100);
        Fill(second, 2, 60);
        CacheFullException refusal = Assert.Throws<CacheFullException>(() => Fill(second, 3, 10));
        Assert.Equal(
            "The model's conversations take all of CacheMemory = 1,537 bytes: 3 pages of 64 positions, 512 bytes each, and another one is "
                + "needed.",
            refusal.Message);
        Assert.Equal(3 * PageBytes, pool.TakenBytes);
        Assert.Equal(Repeat(2, 60), Read(second));

        // What one wants of several is given back; what is shared is not written to.
        first.Truncate(64);
        Assert.Throws<CacheFullException>(() => Fill(second, 3, 100));
        Assert.Equal(2 * PageBytes, pool.TakenBytes);
        using KvStorage fork = second.Fork();
        Fill(first, 4, 1);
        Assert.Throws<CacheFullException>(() => Fill(fork, 5, 1));
        Assert.Equal(Repeat(2, 60), Read(fork));
        first.Dispose();
        Fill(fork, 6, 1);
        Assert.Equal(Repeat(2, 60), Read(second));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KvPool(Layout(), PageBytes - 1));
    }

    [Fact]
    public void Memory_OfAClosedPool_GoesWithItsLastUser()
    {
        KvPool pool = new(Layout(), 100 * PageBytes);
        KvStorage cache = new(Layout(), pool), other = new(Layout(), pool);
        Fill(cache, 1, 100);
        Fill(other, 2, 100);
        other.Dispose();
        pool.Close();
        Assert.Equal(Repeat(1, 100), Read(cache));
        Assert.NotEqual(0, pool.AllocatedBytes);
        cache.Dispose();
        Assert.Equal(0, pool.AllocatedBytes);
    }

    [Fact]
    public void Restore_ThatFails_LeavesNothing()
    {
        KvPool pool = new(Layout(), 100 * PageBytes);
        using KvStorage cache = new(Layout(), pool), restored = new(Layout(), pool);
        Fill(cache, 1, 100);
        using MemoryStream stream = new();
        cache.Save(stream);
        stream.SetLength(stream.Length - 1);
        stream.Position = 0;
        Assert.Throws<ModelFormatException>(() => restored.Restore(stream));
        Assert.Equal(0, restored.Count);
        Assert.Equal(2 * PageBytes, pool.TakenBytes);
    }

    [Fact]
    public void Pages_ThatNobodyGaveBack_ComeBack()
    {
        KvPool pool = new(Layout(), 300 * PageBytes);
        for (int round = 0; round < 100; round++)
            Forget(pool);
        for (int attempt = 0; attempt < 100 && pool.TakenBytes > 0; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, pool.TakenBytes);
    }

    [Fact]
    public async Task Pool_IsSharedBetweenThreads()
    {
        KvPool pool = new(Layout(), 400 * PageBytes);
        using KvStorage common = new(Layout(), pool);
        Fill(common, 1, 100);
        int rounds = 0;
        Task[] users = [.. Array.ConvertAll(new int[4], _ => Task.Run(() =>
        {
            for (int round = 0; round < 300; round++)
            {
                int value = Interlocked.Increment(ref rounds) + 1;
                KvStorage fork;
                lock (common)
                    fork = common.Fork();
                Fill(fork, value, 150);
                Assert.Equal([.. Repeat(1, 100), .. Repeat(value, 150)], Read(fork));
                fork.Dispose();
            }
        }))];
        await Task.WhenAll(users);
        Assert.Equal(Repeat(1, 100), Read(common));
        Assert.Equal(2 * PageBytes, pool.TakenBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(KvPool pool) => Fill(new KvStorage(Layout(), pool), 1, 100);

    private static IEnumerable<int> Repeat(int value, int count) => System.Linq.Enumerable.Repeat(value, count);

    // A position's key and value are one number each.
    private static unsafe void Fill(KvStorage cache, int value, int count)
    {
        cache.Reserve(count);
        for (int position = cache.Count; position < cache.Count + count; position++)
            *Key(cache, position) = *(Key(cache, position) + PagePositions) = value;
        cache.Append([.. Repeat(value, count)]);
    }

    private static unsafe List<int> Read(KvStorage cache)
    {
        List<int> values = [];
        for (int position = 0; position < cache.Count; position++)
        {
            Assert.Equal(*Key(cache, position), *(Key(cache, position) + PagePositions));
            values.Add((int)*Key(cache, position));
            Assert.Equal(values[^1], cache.Tokens[position]);
        }

        return values;
    }

    private static unsafe float* Key(KvStorage cache, int position) =>
        (float*)cache.Pages[position / PagePositions] + (position % PagePositions);

    private static KvLayout Layout() => new("Test", 1000, 10_000, 4 * PagePositions, PagePositions, PageBytes, new KvHeadLayout
    {
        HeadDim = 1,
        ElementBytes = sizeof(float),
        ScaleBytes = 0,
        PositionTile = 32,
        Slice = 1,
        KeyTileBytes = 32 * sizeof(float),
        ValuesOffset = PagePositions * sizeof(float),
        Bytes = PageBytes,
    });
}
