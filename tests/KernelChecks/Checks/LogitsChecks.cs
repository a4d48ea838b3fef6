using System;
using System.Collections.Generic;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.Training;

namespace Llamalith.KernelChecks.Checks;

/// <summary>The logits of every token of a batch, shown to a reader.</summary>
internal static class LogitsChecks
{
    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        yield return ("the logits of all tokens equal the reference", () => AllEqualReference(subject));
        yield return ("only the logits that are wanted are shown, each once", () => OnlyWantedOnes(subject));
        yield return ("any number of threads shows the same logits", () => ThreadCountsAgree(subject));
        yield return ("what ends a reading changes nothing", () => FailuresChangeNothing(subject));
    }

    private static void AllEqualReference<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        foreach (int length in subject.Lengths(1, 2, 65, 129))
        {
            // From the beginning, and after a token that lies in the cache.
            foreach (int start in (int[])[0, 1])
            {
                int count = length - start;
                if (count == 0)
                    continue;
                model.Truncate(0);
                if (start > 0)
                    model.Decode(subject.Tokens[0]);
                CollectedLogits logits = new(count, subject.Shape.VocabSize);
                model.Prefill(subject.Tokens.AsSpan(start, count), logits);
                Expect.Equal(model.Position, length, "Position");
                for (int t = 0; t < count; t++)
                {
                    Expect.Close(
                        logits.Of(t), subject.Expected[start + t], subject.Bound, $"{subject.Name}: token {t} of {count} at {start}");
                }
            }

            if (length < subject.Tokens.Length)
            {
                Expect.Close(model.Decode(subject.Tokens[length]), subject.Expected[length], subject.Bound,
                    $"{subject.Name}: decode after the logits of {length}");
            }
        }
    }

    private static void OnlyWantedOnes<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load(threads: 2);
        int count = Math.Min(200, subject.Tokens.Length);
        foreach (int every in (int[])[1, 3, count, count + 1])
        {
            model.Truncate(0);
            Picky reader = new(count, every);
            model.Prefill(subject.Tokens.AsSpan(0, count), reader);
            Expect.Equal(model.Position, count, "Position");
            for (int t = 0; t < count; t++)
            {
                Expect.Equal(reader.Seen[t]?.Length, reader.Wants(t) ? subject.Shape.VocabSize : null,
                    $"{subject.Name}: logits of token {t} of every {every}");
                if (reader.Seen[t] is { } seen)
                    Expect.Close(seen, subject.Expected[t], subject.Bound, $"{subject.Name}: token {t} of every {every}");
            }
        }
    }

    private static void ThreadCountsAgree<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int count = Math.Min(70, subject.Tokens.Length);
        CollectedLogits one = new(count, subject.Shape.VocabSize);
        using (TModel model = subject.Load())
            model.Prefill(subject.Tokens.AsSpan(0, count), one);
        foreach (int threads in (int[])[2, 3])
        {
            CollectedLogits some = new(count, subject.Shape.VocabSize);
            using TModel model = subject.Load(threads);
            model.Prefill(subject.Tokens.AsSpan(0, count), some);
            Expect.Identical(some.Values, one.Values, $"{subject.Name}: {threads} threads");
        }
    }

    private static void FailuresChangeNothing<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel untouched = subject.Load(threads: 2);
        using TModel model = subject.Load(threads: 2);
        untouched.Decode(subject.Tokens[0]);
        model.Decode(subject.Tokens[0]);
        int[] rest = subject.Tokens[1..];
        CollectedLogits logits = new(rest.Length + 1, subject.Shape.VocabSize);
        Expect.Throws<NotSupportedException>(() => model.Prefill(rest, new Failing()), $"{subject.Name}: a reader that fails");
        Expect.Throws<ArgumentNullException>(() => model.Prefill(rest, null!), $"{subject.Name}: no reader");
        Expect.Throws<ArgumentException>(() => model.Prefill([], logits), $"{subject.Name}: no token");
        Expect.Throws<ArgumentOutOfRangeException>(() => model.Prefill([subject.Shape.VocabSize], logits), $"{subject.Name}: a bad token");
        Expect.Throws<ContextFullException>(() => model.Prefill(subject.Tokens, logits), $"{subject.Name}: one token too many");
        Expect.Throws<OperationCanceledException>(
            () => model.Prefill(rest, logits, new CancellationToken(canceled: true)), $"{subject.Name}: cancelled");
        Expect.Equal(model.Position, 1, "Position after what failed");
        Expect.Identical(model.Decode(rest[0]), untouched.Decode(rest[0]), $"{subject.Name}: after what failed");
    }

    private sealed class Picky(int count, int every) : ILogitsReader
    {
        public float[]?[] Seen { get; } = new float[]?[count];

        public bool Wants(int token) => token % every == every - 1;

        public void Read(int token, ReadOnlySpan<float> logits)
        {
            Expect.True(Interlocked.Exchange(ref Seen[token], logits.ToArray()) is null, $"The logits of token {token} were shown twice.");
        }
    }

    private sealed class Failing : ILogitsReader
    {
        public void Read(int token, ReadOnlySpan<float> logits) => throw new NotSupportedException();
    }
}
