using System;

namespace Llamalith.Cli.Benchmarking;

/// <summary>
/// A loaded model that can be timed: one sequence in a KV cache, run by a fixed number of threads. Both sides of a comparison are
/// driven through this, with the same tokens.
/// </summary>
internal interface IBenchEngine : IDisposable
{
    /// <summary>Which engine it is, as tables and JSON name it: llamalith, llama.cpp.</summary>
    string Name { get; }

    /// <summary>How it runs: instruction set, options chosen.</summary>
    string Detail { get; }

    /// <summary>Threads that run it, the caller's included.</summary>
    int Threads { get; }

    /// <summary>Number of tokens in the vocabulary, so the length of the logits.</summary>
    int VocabSize { get; }

    /// <summary>Tokens in the cache.</summary>
    int Position { get; }

    /// <summary>Time from opening the file to being ready for the first token, in milliseconds.</summary>
    double LoadMilliseconds { get; }

    /// <summary>Appends tokens and returns the logits after the last, valid until the next call.</summary>
    ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens);

    /// <summary>Appends one token and returns the logits for the next, valid until the next call.</summary>
    ReadOnlySpan<float> Decode(int token);

    /// <summary>Whether <see cref="DecodeRows"/> is there.</summary>
    bool DecodesRows => false;

    /// <summary>Appends several tokens at once as <see cref="Decode"/> would one by one, and computes the logits after each.</summary>
    /// <exception cref="NotSupportedException">The engine has no such pass.</exception>
    void DecodeRows(scoped ReadOnlySpan<int> tokens) => throw new NotSupportedException($"{Name} decodes one token at a time.");

    /// <summary>Forgets every token from <paramref name="count"/> on.</summary>
    void Truncate(int count);

    /// <summary>Leaves the processors to others: its threads sleep until the next call.</summary>
    void Rest();
}
