using System;
using System.Collections.Generic;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;

namespace Llamalith.KernelChecks.Checks;

/// <summary>Threads: their number never shows in the numbers, and engines do not disturb each other.</summary>
internal static class ThreadChecks
{
    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        yield return ("any number of threads gives the same bits", () => ThreadCountsAgree(subject));
        yield return ("any number of threads gives the same bits at the end of the context", () => ThreadCountsAgreeAtDepth(subject));
        yield return ("two engines at once give the same bits", () => EnginesAreIndependent(subject));
        yield return ("threads that share an engine are refused or wait their turn", () => SharedEngineStaysInBounds(subject));
    }

    private static void ThreadCountsAgree<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        float[][] expected = Conversation(subject, threads: 1);
        foreach (int threads in (int[])[2, 3, 4, 7])
        {
            float[][] actual = Conversation(subject, threads);
            for (int i = 0; i < expected.Length; i++)
                Expect.Identical(actual[i], expected[i], $"{subject.Name}: step {i} on {threads} threads");
        }
    }

    // There threads share a head's positions, block by block.
    private static void ThreadCountsAgreeAtDepth<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int decoded = Math.Min(8, subject.Tokens.Length - 1);
        float[][] expected = [];
        foreach (int threads in (int[])[1, 2, 3, 5, 8])
        {
            using TModel model = subject.Load(threads);
            model.Prefill(subject.Tokens.AsSpan(0, subject.Tokens.Length - decoded));
            float[][] actual = subject.DecodeFrom(model, subject.Tokens.Length - decoded, decoded);
            if (threads == 1)
                expected = actual;
            for (int i = 0; i < decoded; i++)
                Expect.Identical(actual[i], expected[i], $"{subject.Name}: token {i} of the last {decoded} on {threads} threads");
        }
    }

    private static void EnginesAreIndependent<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        float[][] expected = Conversation(subject, threads: 1);
        float[][][] actual = new float[2][][];
        AtOnce(engine => actual[engine] = Conversation(subject, threads: 1 + engine));
        for (int engine = 0; engine < actual.Length; engine++)
        {
            for (int i = 0; i < expected.Length; i++)
                Expect.Identical(actual[engine][i], expected[i], $"{subject.Name}: step {i} of engine {engine}");
        }
    }

    // A misuse; but no position may be filled twice, nor one behind the end.
    private static void SharedEngineStaysInBounds<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        int begin = Math.Max(0, subject.Shape.Context - 16);
        if (begin > 0)
            model.Prefill(subject.Tokens.AsSpan(0, begin));
        for (int run = 0; run < 10; run++)
        {
            model.Truncate(begin);
            int decoded = 0;
            AtOnce(_ =>
            {
                while (Volatile.Read(ref decoded) < subject.Shape.Context - begin)
                {
                    try
                    {
                        model.Decode(subject.Tokens[0]);
                        Interlocked.Increment(ref decoded);
                    }
                    catch (InvalidOperationException)
                    {
                        // Busy, or full just now.
                    }
                }
            });
            Expect.Equal(decoded, subject.Shape.Context - begin, $"{subject.Name}: tokens that two threads decoded");
            Expect.Equal(model.Position, subject.Shape.Context, $"{subject.Name}: Position after two threads filled the context");
        }
    }

    private static void AtOnce(Action<int> run)
    {
        Exception?[] errors = new Exception?[2];
        var threads = new Thread[2];
        for (int i = 0; i < threads.Length; i++)
        {
            int number = i;
            threads[i] = new Thread(() =>
            {
                try
                {
                    run(number);
                }
                catch (Exception error)
                {
                    errors[number] = error;
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
            thread.Join();
        foreach (Exception? error in errors)
        {
            if (error is not null)
                throw new CheckFailedException($"A thread threw {error.GetType().Name}: {error.Message}", error);
        }
    }

    // Prefill, decode, prefill, decode: the logits after each step.
    private static float[][] Conversation<TModel, TCache>(Subject<TModel, TCache> subject, int threads)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load(threads);
        Expect.Equal(model.Threads, threads, "Threads");
        ReadOnlySpan<int> rest = subject.Tokens;
        List<float[]> logits = [];
        foreach ((int prompt, int answer) in ((int, int)[])[(33, 5), (4, 2), (13, 3)])
        {
            if (rest.Length < prompt + answer)
                break;
            logits.Add(model.Prefill(rest[..prompt]).ToArray());
            rest = rest[prompt..];
            for (int i = 0; i < answer; i++)
                logits.Add(model.Decode(rest[i]).ToArray());
            rest = rest[answer..];
        }

        foreach (int token in rest[..Math.Min(8, rest.Length)])
            logits.Add(model.Decode(token).ToArray());
        return [.. logits];
    }
}
