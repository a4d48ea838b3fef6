using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;

namespace Llamalith.KernelChecks.Checks;

/// <summary>What an engine refuses leaves it as it was; and decoding allocates nothing.</summary>
internal static class LimitChecks
{
    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        yield return ("a full context is refused and changes nothing", () => FullContextIsRefused(subject));
        yield return ("bad tokens are refused and change nothing", () => BadTokensAreRefused(subject));
        yield return ("a cancelled prefill changes nothing", () => CancelledPrefillChangesNothing(subject));
        yield return ("decode allocates nothing", () => DecodeAllocatesNothing(subject));
        yield return ("a disposed engine is refused", () => DisposedEngineIsRefused(subject));
        yield return ("logits outlive an engine that nobody holds", () => LogitsOutliveTheirEngine(subject));
    }

    private static void FullContextIsRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int context = subject.Shape.Context;
        string capacity = context.ToString(CultureInfo.InvariantCulture);
        using TModel untouched = subject.Load();
        using TModel model = subject.Load();
        int before = Math.Max(1, context - 3);
        untouched.Prefill(subject.Tokens.AsSpan(0, before));
        model.Prefill(subject.Tokens.AsSpan(0, before));
        int[] tooMany = subject.Tokens.AsSpan(0, context - before + 1).ToArray();
        var refusal = Expect.Throws<ContextFullException>(
            () => model.Prefill(tooMany), $"{subject.Name}: {tooMany.Length} tokens at {before} of {context}");
        Expect.Names(
            refusal, capacity, before.ToString(CultureInfo.InvariantCulture), tooMany.Length.ToString(CultureInfo.InvariantCulture));
        Expect.Throws<ContextFullException>(() => model.Prefill(new int[context + 1]), $"{subject.Name}: more tokens than the context");
        Expect.Equal(model.Position, before, "Position after a refused prefill");
        for (int t = before; t < context; t++)
        {
            Expect.Identical(model.Decode(subject.Tokens[t]), untouched.Decode(subject.Tokens[t]),
                $"{subject.Name}: position {t} after a refused prefill");
        }

        refusal = Expect.Throws<ContextFullException>(() => model.Decode(subject.Tokens[0]), $"{subject.Name}: a token beyond the context");
        Expect.Names(refusal, capacity);
        Expect.Throws<ContextFullException>(() => model.Prefill([0]), $"{subject.Name}: a prefill beyond the context");
        Expect.Equal(model.Position, context, "Position after a refused token");
        float[] last = untouched.Decoded(subject.Tokens[context - 1], context - 1);
        Expect.Identical(model.Decoded(subject.Tokens[context - 1], context - 1), last, $"{subject.Name}: the last position again");
    }

    private static float[] Decoded<TModel>(this TModel model, int token, int position)
        where TModel : ILlamaModel
    {
        model.Truncate(position);
        return model.Decode(token).ToArray();
    }

    private static void BadTokensAreRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel untouched = subject.Load();
        using TModel model = subject.Load();
        untouched.Decode(subject.Tokens[0]);
        model.Decode(subject.Tokens[0]);
        int good = subject.Tokens[1];
        foreach (int bad in (int[])[-1, subject.Shape.VocabSize, int.MinValue, int.MaxValue])
        {
            Expect.Throws<ArgumentOutOfRangeException>(() => model.Decode(bad), $"{subject.Name}: Decode({bad})");
            Expect.Throws<ArgumentOutOfRangeException>(() => model.Prefill([bad]), $"{subject.Name}: Prefill([{bad}])");
            if (subject.Shape.Context > 20)
            {
                int[] tokens = subject.Tokens.AsSpan(0, 19).ToArray();
                tokens[^1] = bad;
                Expect.Throws<ArgumentOutOfRangeException>(
                    () => model.Prefill(tokens), $"{subject.Name}: Prefill of 19 tokens, the last {bad}");
            }
        }

        Expect.Throws<ArgumentException>(() => model.Prefill([]), $"{subject.Name}: Prefill of nothing");
        Expect.Equal(model.Position, 1, "Position after refused tokens");
        Expect.Identical(model.Decode(good), untouched.Decode(good), $"{subject.Name}: after refused tokens");
    }

    private static void CancelledPrefillChangesNothing<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel untouched = subject.Load(threads: 2);
        using TModel model = subject.Load(threads: 2);
        untouched.Decode(subject.Tokens[0]);
        model.Decode(subject.Tokens[0]);
        int[] rest = subject.Tokens[1..];
        Expect.Throws<OperationCanceledException>(
            () => model.Prefill(rest, new CancellationToken(canceled: true)), $"{subject.Name}: cancelled before it began");
        Expect.Equal(model.Position, 1, "Position after a prefill cancelled before it began");

        // Cancelled somewhere on the way: it either was in time, and nothing is changed, or was too late, and all is done.
        for (int run = 0; run < 4; run++)
        {
            using var source = new CancellationTokenSource();
            using var canceller = new Timer(_ => source.Cancel(), null, run, Timeout.Infinite);
            bool done;
            try
            {
                model.Prefill(rest, source.Token);
                done = true;
            }
            catch (OperationCanceledException)
            {
                done = false;
            }

            Expect.Equal(model.Position, done ? subject.Tokens.Length : 1, "Position after a cancellation on the way");
            using var stopped = new ManualResetEvent(initialState: false);
            canceller.Dispose(stopped);
            stopped.WaitOne();
            model.Truncate(1);
        }

        Expect.Identical(model.Decode(rest[0]), untouched.Decode(rest[0]), $"{subject.Name}: after a cancelled prefill");
    }

    private static void DecodeAllocatesNothing<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (int threads in (int[])[1, 2])
        {
            using TModel model = subject.Load(threads);
            model.Decode(subject.Tokens[0]);

            // A collection in between takes this thread's allocation buffer away, which counts as allocated: the least of some tries.
            long least = long.MaxValue;
            for (int run = 0; run < 4 && least > 0; run++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 100; i++)
                {
                    if (model.Position == subject.Shape.Context)
                        model.Truncate(0);
                    model.Decode(subject.Tokens[model.Position]);
                }

                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Expect.Equal(least, 0L, $"{subject.Name}: bytes allocated by 100 tokens on {threads} threads");
        }
    }

    private static void DisposedEngineIsRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        var checkpoint = subject.Checkpoint();
        TModel model = Subject<TModel, TCache>.Load(checkpoint, threads: 2);
        model.Decode(subject.Tokens[0]);
        Expect.True(!checkpoint.IsDisposed, $"{subject.Name}: the checkpoint was disposed before its engine.");
        model.Dispose();
        model.Dispose();
        Expect.True(checkpoint.IsDisposed, $"{subject.Name}: the checkpoint was not disposed with its engine.");
        Expect.Throws<ObjectDisposedException>(() => model.Decode(0), $"{subject.Name}: Decode after Dispose");
        Expect.Throws<ObjectDisposedException>(() => model.Prefill([0]), $"{subject.Name}: Prefill after Dispose");
    }

    private static void LogitsOutliveTheirEngine<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        ReadOnlySpan<float> logits = LogitsOfAForgottenEngine(subject);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Expect.Close(logits, subject.Expected[0], subject.Bound, $"{subject.Name}: logits of an engine that was collected");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<float> LogitsOfAForgottenEngine<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> => subject.Load().Decode(subject.Tokens[0]);
}
