using System;
using System.IO;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>
/// A compiled engine that many conversations share. These members are safe to call from any thread at any time: calls wait for the pass
/// under way. A conversation has one call at a time; a second is refused with an <see cref="InvalidOperationException"/>, and so is a call
/// of what a pass runs, such as a reader of logits, to a model that is busy.
/// </summary>
public interface ISharedModel : ILlamaModel
{
    /// <summary>An empty conversation. Memory is taken from the model's as positions are filled.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    KvStorage CreateConversation();

    /// <summary>A conversation that <see cref="KvStorage.Save"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The stream is truncated or holds no conversation.</exception>
    /// <exception cref="ModelMismatchException">
    /// The stream holds another model's, or one that other weights filled; the message names both sides.
    /// </exception>
    /// <exception cref="CacheFullException">The model's memory for conversations is taken.</exception>
    KvStorage LoadConversation(Stream source);

    /// <summary>
    /// Appends one token and returns the logits [VocabSize] for the next, valid until the conversation's next call, whatever others do.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not in the vocabulary.</exception>
    /// <exception cref="ContextFullException">No position is left; nothing was changed.</exception>
    /// <exception cref="CacheFullException">The model's memory for conversations is taken; nothing was changed.</exception>
    ReadOnlySpan<float> Decode(KvStorage conversation, int token);

    /// <summary>
    /// Appends many tokens at once and returns the logits [VocabSize] after the last, valid until the conversation's next call.
    /// </summary>
    /// <exception cref="ArgumentException">There is no token.</exception>
    /// <exception cref="OperationCanceledException">
    /// Cancelled while it waited or ran; the conversation is as it was before the call.
    /// </exception>
    /// <inheritdoc cref="Decode(KvStorage, int)"/>
    ReadOnlySpan<float> Prefill(KvStorage conversation, scoped ReadOnlySpan<int> tokens, CancellationToken cancellation = default);

    /// <summary>
    /// Appends a token to each of some conversations, up to eight in one pass, which reads the weights once for all of them. Keys, values
    /// and logits (<see cref="KvStorage.Logits"/>) are the same bits as those of <see cref="Decode(KvStorage, int)"/> alone. Where one of
    /// them cannot go on, none does. The first call compiles what it needs.
    /// </summary>
    /// <param name="conversations">The conversations, each once.</param>
    /// <param name="tokens">As many tokens.</param>
    /// <exception cref="ArgumentException">There is none, or there are not as many of both.</exception>
    /// <inheritdoc cref="Decode(KvStorage, int)"/>
    void DecodeRows(scoped ReadOnlySpan<KvStorage> conversations, scoped ReadOnlySpan<int> tokens);
}
