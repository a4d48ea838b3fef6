using System;
using Llamalith.Constraints;

namespace Llamalith.Generation;

/// <summary>Holds a text that is being made to a constraint: leaves the sampler only tokens that can come next.</summary>
internal sealed class ConstrainedText(Constraint constraint, TokenTrie vocabulary, int choices)
{
    private readonly ConstraintState _state = constraint.Start();
    private readonly ulong[] _mask = new ulong[vocabulary.MaskLength];
    private readonly float[] _logits = new float[choices];

    /// <summary>Whether the text is complete, and nothing may follow; or nothing can end it but that it is complete.</summary>
    public bool IsComplete => _state.MustEnd || (_state.CanEnd && vocabulary.Ends.Length == 0);

    /// <summary>The logits with −∞ for all tokens that cannot come next.</summary>
    /// <exception cref="InvalidOperationException">No token of the vocabulary can.</exception>
    public ReadOnlySpan<float> Mask(ReadOnlySpan<float> logits)
    {
        _state.FillMask(vocabulary, _mask);
        if (_mask.AsSpan().IndexOfAnyExcept(0ul) < 0)
            throw new InvalidOperationException("The text can go on in its constraint, but with bytes that no token of the vocabulary begins with.");
        logits[.._logits.Length].CopyTo(_logits);
        ConstraintState.ApplyMask(_mask, _logits);
        return _logits;
    }

    /// <summary>Goes on by a token's bytes.</summary>
    public void Append(ReadOnlySpan<byte> piece) => _state.Advance(piece);
}
