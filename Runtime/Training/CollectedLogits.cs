using System;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>Keeps all logits of a batch. They are tokens · VocabSize floats: for small batches.</summary>
/// <param name="tokens">Tokens of the batch.</param>
/// <param name="vocabSize">Logits of each.</param>
public sealed class CollectedLogits(int tokens, int vocabSize) : ILogitsReader
{
    private readonly float[] _values = new float[checked(tokens * vocabSize)];

    /// <summary>[tokens, VocabSize].</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>One token's logits [VocabSize].</summary>
    public ReadOnlySpan<float> Of(int token) => _values.AsSpan(token * vocabSize, vocabSize);

    /// <inheritdoc/>
    public void Read(int token, ReadOnlySpan<float> logits) => logits.CopyTo(_values.AsSpan(token * vocabSize, vocabSize));
}
