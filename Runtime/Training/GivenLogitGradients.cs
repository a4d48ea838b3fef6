using System;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>A loss whose gradients by the logits were computed elsewhere.</summary>
/// <param name="gradients">[tokens, VocabSize].</param>
public sealed class GivenLogitGradients(ReadOnlyMemory<float> gradients) : ILogitsLoss
{
    /// <inheritdoc/>
    public void Differentiate(int token, Span<float> logits) =>
        gradients.Span.Slice(token * logits.Length, logits.Length).CopyTo(logits);
}
