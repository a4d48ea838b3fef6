using System;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>
/// A compiled engine with its weights bound and a conversation of its own in its KV cache, which has one call at a time. Many conversations
/// share one engine through <see cref="ISharedModel"/>.
/// </summary>
public interface ILlamaModel : IDisposable
{
    /// <summary>What the class was compiled for.</summary>
    ModelShape Shape { get; }

    /// <summary>The instruction set in use: avx512, avx2, neon or scalar.</summary>
    string InstructionSet { get; }

    /// <summary>Number of threads that run the model.</summary>
    int Threads { get; }

    /// <summary>Number of tokens in the KV cache, so the position of the next one.</summary>
    int Position { get; }

    /// <summary>The tokens in the KV cache, whoever put them there; valid until the next call.</summary>
    ReadOnlySpan<int> Tokens { get; }

    /// <summary>Appends one token and returns the logits [VocabSize] for the next, valid until the next call.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    /// <exception cref="ContextFullException">No position is left; nothing was changed.</exception>
    ReadOnlySpan<float> Decode(int token);

    /// <summary>Appends many tokens at once and returns the logits [VocabSize] after the last, valid until the next call.</summary>
    /// <exception cref="ArgumentException">There is no token.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary; nothing was changed.</exception>
    /// <exception cref="ContextFullException">Too few positions are left; nothing was changed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, which is looked for several times a layer; the cache is as it was before the call.</exception>
    ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens, CancellationToken cancellation = default);

    /// <summary>
    /// Appends many tokens at once and shows the logits [VocabSize] after each that the reader wants, a few tokens at a time. An exception
    /// of the reader's ends it, and the cache is as it was before the call.
    /// </summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="reader">Who looks at the logits; a token's place is that in <paramref name="tokens"/>.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ArgumentException">There is no token.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary; nothing was changed.</exception>
    /// <exception cref="ContextFullException">Too few positions are left; nothing was changed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, which is looked for several times a layer; the cache is as it was before the call.</exception>
    void Prefill(scoped ReadOnlySpan<int> tokens, ILogitsReader reader, CancellationToken cancellation = default);

    /// <summary>
    /// Appends some tokens, each as <see cref="Decode"/> does it: logits, keys and values are the same bits as those of as many calls of
    /// it, but the weights are read once for several tokens. So guesses of what comes next are verified in one pass, and those that were
    /// wrong are truncated. Any number of tokens is taken, up to eight a pass. An exception of the reader's ends it, and the cache is as it
    /// was before the call. The first call compiles what it needs.
    /// </summary>
    /// <remarks>A model that has no pass for it decodes them one by one.</remarks>
    /// <param name="tokens">The tokens.</param>
    /// <param name="reader">Who looks at the logits; a token's place is that in <paramref name="tokens"/>.</param>
    /// <param name="cancellation">Ends it between passes.</param>
    /// <exception cref="ArgumentException">There is no token.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary; nothing was changed.</exception>
    /// <exception cref="ContextFullException">Too few positions are left; nothing was changed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between passes; the cache is as it was before the call.</exception>
    void DecodeRows(scoped ReadOnlySpan<int> tokens, ILogitsReader reader, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (tokens.IsEmpty)
            throw new ArgumentException("There is no token to decode.", nameof(tokens));
        int start = Position;
        try
        {
            for (int token = 0; token < tokens.Length; token++)
            {
                cancellation.ThrowIfCancellationRequested();
                ReadOnlySpan<float> logits = Decode(tokens[token]);
                if (reader.Wants(token))
                    reader.Read(token, logits);
            }
        }
        catch
        {
            Truncate(start);
            throw;
        }
    }

    /// <summary>Forgets every token from <paramref name="count"/> on.</summary>
    void Truncate(int count);
}

/// <summary>An engine that generic code can load.</summary>
/// <typeparam name="TSelf">The compiled class.</typeparam>
public interface ILlamaModel<TSelf> : ILlamaModel
    where TSelf : ILlamaModel<TSelf>
{
    /// <summary>What the class was compiled for.</summary>
    static abstract ModelShape CompiledShape { get; }

    /// <summary>
    /// Binds the weights of a checkpoint. It stays open as long as the model lives, and is disposed with the last model loaded from it.
    /// </summary>
    /// <exception cref="ModelMismatchException">The checkpoint holds another model.</exception>
    static abstract TSelf Load(Checkpoint checkpoint, LoadOptions? options = null);
}
