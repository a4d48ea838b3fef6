using System;

namespace Llamalith.Contracts;

/// <summary>Someone who looks at the logits of a batch. Calls come from several threads at once, at most one for each token.</summary>
public interface ILogitsReader
{
    /// <summary>Whether a token's logits are wanted; they are not computed otherwise. Called from one thread.</summary>
    /// <param name="token">The token's place in the batch: its logits are those for what follows it.</param>
    bool Wants(int token) => true;

    /// <summary>Looks at one token's logits.</summary>
    /// <param name="token">The token's place in the batch.</param>
    /// <param name="logits">[VocabSize], valid during the call.</param>
    void Read(int token, ReadOnlySpan<float> logits);
}

/// <summary>
/// A loss that is a sum of functions of each token's logits. Calls come from several threads at once, at most one for each token.
/// </summary>
public interface ILogitsLoss
{
    /// <summary>
    /// Whether the loss depends on a token's logits; they are not computed otherwise, and their gradient is zero. Called from one thread.
    /// </summary>
    /// <param name="token">The token's place in the batch: its logits are those for what follows it.</param>
    bool Wants(int token) => true;

    /// <summary>Replaces one token's logits by the gradient of the loss by them.</summary>
    /// <param name="token">The token's place in the batch.</param>
    /// <param name="logits">[VocabSize]: in, the logits; out, all of their gradients.</param>
    void Differentiate(int token, Span<float> logits);
}
