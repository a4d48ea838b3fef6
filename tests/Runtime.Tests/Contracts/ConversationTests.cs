using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>
/// What calls of several threads on conversations, engines and checkpoints come to: a clean refusal, a wait, or the right result.
/// </summary>
public sealed class ConversationTests
{
    private const int Rounds = 200;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Conversation_DuringAPass_IsNobodyElses(int threads) => WithPass(threads, static (engine, cache) =>
    {
        Assert.Throws<InvalidOperationException>(() => cache.Truncate(1));
        Assert.Throws<InvalidOperationException>(() => cache.Fork());
        Assert.Throws<InvalidOperationException>(() => cache.Save(Stream.Null));
        Assert.Throws<InvalidOperationException>(() => engine.Cache = cache);
        Assert.Throws<InvalidOperationException>(() => engine.Truncate(0));
    }, static engine => Assert.Equal([1, 2, 3, 4], engine.Tokens));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Conversation_DisposedDuringAPass_GoesWhenThatEnds(int threads) => WithPass(threads, static (_, cache) =>
    {
        cache.Dispose();
        cache.Dispose();
    }, static engine =>
    {
        Assert.Equal(0, engine.Position);
        Assert.Throws<ObjectDisposedException>(() => { engine.Decode(5); });
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Conversation_InTwoEnginesAtOnce_IsRefused(int threads)
    {
        using HeldEngine other = new(threads);
        await WithPass(
            threads,
            (_, cache) => Assert.Throws<InvalidOperationException>(() => other.Cache = cache),
            engine =>
            {
                other.Cache = engine.Cache;
                other.Decode(5);
                Assert.Equal([1, 2, 3, 4, 5], engine.Tokens);
                other.Cache = other.CreateCache();
            });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Conversation_ThatTwoEnginesHave_IsDecodedByOneAtATime(int threads)
    {
        using HeldEngine engine = new(threads), other = new(threads);
        other.Cache = engine.Cache;
        for (int round = 0; round < Rounds; round++)
        {
            engine.Truncate(0);
            engine.Hold();
            Task decoding = Task.Run(() => { engine.Decode(1); }, TestContext.Current.CancellationToken);
            engine.AwaitPass();
            Assert.Throws<InvalidOperationException>(() => { other.Decode(2); });
            Assert.Throws<InvalidOperationException>(() => { other.Truncate(0); });
            engine.Release();
            await decoding;
            Assert.Equal([1], other.Tokens);
        }

        other.Cache = other.CreateCache();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Prefill_ThatIsCancelled_EndsWithinThePass_AndChangesNothing(int threads)
    {
        using HeldEngine engine = new(threads);
        engine.Prefill([1, 2, 3], CancellationToken.None);
        for (int round = 0; round < Rounds; round++)
        {
            using CancellationTokenSource source = new();
            engine.Endless = true;
            engine.Hold();
            Task prefill = Task.Run(() => { engine.Prefill([4, 5, 6, 7, 8, 9], source.Token); }, CancellationToken.None);
            engine.AwaitPass();
            engine.Release();
            source.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => prefill);
            Assert.Equal([1, 2, 3], engine.Tokens);
            engine.Endless = false;
            engine.Prefill([4, 5], CancellationToken.None);
            Assert.Equal([1, 2, 3, 4, 5], engine.Tokens);
            engine.Truncate(3);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Checkpoint_StaysAsLongAsAModelReadsIt(int threads)
    {
        for (int round = 0; round < Rounds; round++)
        {
            NoCheckpoint shared = new();
            HeldEngine first = new(threads, checkpoint: shared), second = new(threads, checkpoint: shared);
            (round % 2 == 0 ? first : second).Dispose();
            if (round % 3 == 0)
                shared.Dispose();
            Assert.False(shared.IsDisposed);
            (round % 2 == 0 ? second : first).Dispose();
            Assert.True(shared.IsDisposed);
            shared.Dispose();
            Assert.Throws<ObjectDisposedException>(() => new HeldEngine(threads, checkpoint: shared));
        }
    }

    [Fact]
    public void Models_ThatNobodyDisposed_LeaveNothing()
    {
        NoCheckpoint[] checkpoints = [.. Enumerable.Range(0, Rounds).Select(static _ => new NoCheckpoint())];
        foreach (NoCheckpoint checkpoint in checkpoints)
            Forget(checkpoint);
        for (int attempt = 0; attempt < 100 && checkpoints.Any(static checkpoint => !checkpoint.IsDisposed); attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.All(checkpoints, static checkpoint => Assert.True(checkpoint.IsDisposed));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(NoCheckpoint checkpoint) => HeldEngine.Own(checkpoint).Decode(1);

    // A conversation of three tokens, a pass of the fourth under way, many times.
    private static async Task WithPass(int threads, Action<HeldEngine, KvStorage> during, Action<HeldEngine> after)
    {
        using HeldEngine engine = new(threads);
        for (int round = 0; round < Rounds; round++)
        {
            engine.Cache = engine.CreateCache();
            engine.Prefill([1, 2, 3], CancellationToken.None);
            engine.Hold();
            Task decoding = Task.Run(() => { engine.Decode(4); }, TestContext.Current.CancellationToken);
            engine.AwaitPass();
            during(engine, engine.Cache);
            engine.Release();
            await decoding;
            after(engine);
        }
    }
}
