using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>Many conversations with one engine.</summary>
public sealed class SharedModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Conversations_OfManyThreads_WaitForEachOther(int threads)
    {
        using HeldEngine engine = new(threads);
        Parallel.For(0, 8, _ =>
        {
            for (int round = 0; round < 50; round++)
            {
                using KvStorage talk = engine.CreateCache();
                engine.Prefill(talk, [1, 2, 3], CancellationToken.None);
                for (int token = 4; token < 12; token++)
                    engine.Decode(talk, token);
                Assert.Equal(Enumerable.Range(1, 11), talk.Tokens.ToArray());
            }
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Conversation_UsedTwiceAtOnce_IsRefused_AndAnotherWaits(int threads)
    {
        using HeldEngine engine = new(threads);
        using KvStorage one = engine.CreateCache(), other = engine.CreateCache();
        engine.Hold();
        Task first = Task.Run(() => { engine.Decode(one, 1); }, TestContext.Current.CancellationToken);
        engine.AwaitPass();
        Assert.Throws<InvalidOperationException>(() => { engine.Decode(one, 2); });
        Assert.Throws<InvalidOperationException>(() => engine.DecodeRows([other, one], [1, 2]));
        Assert.Throws<InvalidOperationException>(() => one.Truncate(0));
        using CancellationTokenSource stop = new(20);
        Assert.Throws<OperationCanceledException>(() => { engine.Prefill(other, [1, 2], stop.Token); });
        Task second = Task.Run(() => { engine.Decode(other, 7); }, TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        engine.Release();
        await first;
        await second;
        Assert.Equal([1], one.Tokens.ToArray());
        Assert.Equal([7], other.Tokens.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Dispose_WhileOthersWait_EndsTheirCalls(int threads)
    {
        for (int round = 0; round < 100; round++)
        {
            HeldEngine engine = new(threads);
            KvStorage one = engine.CreateCache(), other = engine.CreateCache();
            engine.Hold();
            Task first = Task.Run(() => { engine.Decode(one, 1); }, TestContext.Current.CancellationToken);
            engine.AwaitPass();
            Task second = Task.Run(() => { engine.Decode(other, 1); }, TestContext.Current.CancellationToken);
            Task disposal = Task.Run(engine.Dispose, TestContext.Current.CancellationToken);
            engine.Release();
            await first;
            await disposal;
            await Task.WhenAny(second);
            Assert.True(second.IsCompletedSuccessfully || second.Exception!.InnerException is ObjectDisposedException);
            Assert.Throws<ObjectDisposedException>(() => { engine.Decode(one, 1); });
            Assert.Equal([1], one.Tokens.ToArray());
            one.Dispose();
            other.Dispose();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Rows_GoOnWithEachConversation_AndKeepItsLogits(int threads)
    {
        using HeldEngine engine = new(threads);
        KvStorage[] talks = [.. Enumerable.Range(0, 7).Select(_ => engine.CreateCache())];
        engine.Passes.Clear();
        engine.DecodeRows(talks, [10, 11, 12, 13, 14, 15, 16]);
        Assert.Equal(2, engine.Passes.Count(static pass => pass.StartsWith("rows", StringComparison.Ordinal)));
        for (int i = 0; i < talks.Length; i++)
        {
            Assert.Equal([10 + i], talks[i].Tokens.ToArray());
            if (i < 6)
                Assert.Equal([10f + i], talks[i].Logits.ToArray());
        }
    }

    [Fact]
    public void Rows_ThatAreRefused_ChangeNothing()
    {
        using HeldEngine engine = new(1);
        using KvStorage one = engine.CreateCache(), full = engine.CreateCache();
        engine.Prefill(full, new int[32], CancellationToken.None);
        Assert.Throws<ArgumentException>(() => engine.DecodeRows([], []));
        Assert.Throws<ArgumentException>(() => engine.DecodeRows([one], [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.DecodeRows([one], [20]));
        Assert.Throws<InvalidOperationException>(() => engine.DecodeRows([one, one], [1, 2]));
        Assert.Throws<ContextFullException>(() => engine.DecodeRows([one, full], [1, 2]));
        Assert.Throws<ArgumentNullException>(() => engine.DecodeRows([one, null!], [1, 2]));
        Assert.Equal(0, one.Count);
        Assert.Equal(32, full.Count);
        engine.DecodeRows([one], [3]);
        Assert.Equal([3], one.Tokens.ToArray());
    }

    [Fact]
    public void Logits_AreOfTheLastTokenAlone()
    {
        using HeldEngine engine = new(1);
        using KvStorage talk = engine.CreateCache();
        Assert.True(talk.Logits.IsEmpty);
        engine.Prefill(talk, [1, 2, 3], CancellationToken.None);
        Assert.Equal(20, talk.Logits.Length);
        using KvStorage fork = talk.Fork();
        Assert.Equal(20, fork.Logits.Length);
        talk.Truncate(3);
        Assert.Equal(20, talk.Logits.Length);
        talk.Truncate(2);
        Assert.True(talk.Logits.IsEmpty);
    }

    [Fact]
    public void LoadConversation_GoesOn_AndRefusesOthersWeights()
    {
        using HeldEngine engine = new(1);
        using KvStorage talk = engine.CreateCache();
        engine.Prefill(talk, [1, 2, 3], CancellationToken.None);
        MemoryStream saved = new();
        talk.Save(saved);
        saved.Position = 0;
        using (KvStorage loaded = engine.LoadCache(saved))
        {
            engine.Decode(loaded, 4);
            Assert.Equal([1, 2, 3, 4], loaded.Tokens.ToArray());
        }

        using KvStorage strange = new(talk.Layout);
        strange.Claim("others");
        strange.Reserve(1);
        strange.Append([1]);
        MemoryStream theirs = new();
        strange.Save(theirs);
        theirs.Position = 0;
        Assert.Throws<ModelMismatchException>(() => engine.LoadCache(theirs));
    }

    [Fact]
    public void Reader_ThatCallsItsModel_IsRefused()
    {
        using HeldEngine engine = new(2);
        using KvStorage talk = engine.CreateCache();
        Assert.Throws<InvalidOperationException>(
            () => engine.Prefill([1, 2], new Calling(() => engine.Decode(talk, 1)), CancellationToken.None));
        engine.Decode(talk, 1);
    }

    private delegate ReadOnlySpan<float> Call();

    private sealed class Calling(Call call) : ILogitsReader
    {
        public bool Wants(int token) => true;

        public void Read(int token, ReadOnlySpan<float> logits) => call();
    }
}
