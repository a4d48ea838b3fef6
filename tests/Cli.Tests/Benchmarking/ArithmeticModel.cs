using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Llamalith.Contracts;

namespace Llamalith.Tests.Benchmarking;

/// <summary>A model whose logits are a plain function of all tokens before, so that what was fed to it can be told from them.</summary>
internal sealed class ArithmeticModel(int vocabSize, int context, int threads = 1, float bias = 0) : ILlamaModel
{
    private readonly List<int> cache = [];
    private readonly float[] logits = new float[vocabSize];

    /// <summary>What was called, in order.</summary>
    public List<string> Calls { get; } = [];

    public bool IsDisposed { get; private set; }

    public ModelShape Shape { get; } = new()
    {
        Dim = 8,
        FfnDim = 16,
        Layers = 2,
        Heads = 2,
        KvHeads = 1,
        HeadDim = 4,
        VocabSize = vocabSize,
        Context = context,
        TiedEmbeddings = false,
    };

    public string InstructionSet => "scalar";

    public int Threads => threads;

    public int Position => cache.Count;

    /// <summary>The tokens in the cache.</summary>
    public IReadOnlyList<int> Cache => cache;

    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(cache);

    public ReadOnlySpan<float> Decode(int token)
    {
        Calls.Add($"decode at {Position}");
        return Append([token]);
    }

    public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens, CancellationToken cancellation = default)
    {
        Calls.Add($"prefill {tokens.Length} at {Position}");
        return Append(tokens);
    }

    public void Prefill(scoped ReadOnlySpan<int> tokens, ILogitsReader reader, CancellationToken cancellation = default)
    {
        Calls.Add($"prefill {tokens.Length} at {Position}");
        for (int i = 0; i < tokens.Length; i++)
        {
            ReadOnlySpan<float> after = Append([tokens[i]]);
            if (reader.Wants(i))
                reader.Read(i, after);
        }
    }

    public void Truncate(int count)
    {
        Calls.Add($"truncate {count}");
        cache.RemoveRange(count, cache.Count - count);
    }

    public void Dispose() => IsDisposed = true;

    private ReadOnlySpan<float> Append(scoped ReadOnlySpan<int> tokens)
    {
        if (Position + tokens.Length > context)
            throw new ContextFullException($"{Position} + {tokens.Length} > {context}");
        cache.AddRange(tokens);
        uint state = cache.Aggregate(17u, (s, t) => (s * 31) + (uint)t);
        for (int i = 0; i < logits.Length; i++)
            logits[i] = ((state + ((uint)i * 2654435761)) % 1000 / 1000f) + (i == 0 ? bias : 0);
        return logits;
    }
}
