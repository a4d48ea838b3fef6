using System;
using System.IO;

namespace Llamalith.Contracts;

/// <summary>
/// What every compiled model's KV cache offers. Each model has a struct of its own, so the cache of one cannot be passed to
/// another; generic code reaches it through this contract without boxing. Copies of the struct are the same cache. One call at a time: a
/// second is refused with an <see cref="InvalidOperationException"/>. Disposal is safe at any time: during a call, memory goes when that
/// ends.
/// </summary>
/// <typeparam name="TSelf">The compiled model's cache.</typeparam>
public interface IKvCache<TSelf> : IDisposable
    where TSelf : struct, IKvCache<TSelf>
{
    /// <summary>Bytes that one token takes: keys and values of every layer.</summary>
    static abstract long BytesPerToken { get; }

    /// <summary>Number of tokens kept.</summary>
    int Count { get; }

    /// <summary>Most tokens it can keep.</summary>
    int Capacity { get; }

    /// <summary>The tokens kept; valid until the next call.</summary>
    ReadOnlySpan<int> Tokens { get; }

    /// <summary>Forgets every token from <paramref name="count"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or above <see cref="Count"/>.</exception>
    void Truncate(int count);

    /// <summary>A second conversation that begins with the same tokens and goes its own way.</summary>
    TSelf Fork();

    /// <summary>Writes a header that names the model and its weights, then the kept tokens, their keys and values.</summary>
    void Save(Stream destination);

    /// <summary>
    /// Reads what <see cref="Save"/> wrote. Whether it is of the same weights, the engine decides that is to go on with it: it refuses
    /// others with a <see cref="ModelMismatchException"/> when it is given the cache.
    /// </summary>
    /// <exception cref="ModelFormatException">The stream is truncated or holds no cache.</exception>
    /// <exception cref="ModelMismatchException">The stream holds another model's cache; the message names both sides.</exception>
    static abstract TSelf Load(Stream source);
}
