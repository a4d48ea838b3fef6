using System;
using System.Numerics;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>
/// A scalar over a token's hidden state, w · hidden + b: the head of a reward or value model. Begun at zero it scores everything alike.
/// </summary>
public sealed class LinearHead : IDisposable
{
    private const string WeightName = "head.weight", BiasName = "head.bias";
    private readonly Parameter _weight, _bias;

    /// <summary>A head of zeros over hidden states of that width.</summary>
    public LinearHead(int dim)
    {
        Parameters = new ParameterSet([(WeightName, 1, dim), (BiasName, 1, 1)]);
        _weight = Parameters[WeightName];
        _bias = Parameters[BiasName];
    }

    /// <summary>Its weight [Dim] and bias [1], for the optimiser and for checkpoints.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The score of one hidden state [Dim].</summary>
    public float Score(ReadOnlySpan<float> hidden)
    {
        ReadOnlySpan<float> w = Parameters.Weights(_weight);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hidden.Length, w.Length);
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= w.Length - Vector<float>.Count; i += Vector<float>.Count)
            sums += new Vector<float>(w[i..]) * new Vector<float>(hidden[i..]);
        float score = Vector.Sum(sums) + Parameters.Weights(_bias)[0];
        for (; i < w.Length; i++)
            score += w[i] * hidden[i];
        return score;
    }

    /// <summary>Adds to the head's gradients, and to that of a hidden state.</summary>
    /// <param name="hidden">The hidden state [Dim] that was scored.</param>
    /// <param name="scoreGradient">The gradient of the loss by the score.</param>
    /// <param name="hiddenGradient">[Dim]: what <see cref="ITrainer.Backward"/> takes for this token.</param>
    public void Backward(ReadOnlySpan<float> hidden, float scoreGradient, Span<float> hiddenGradient)
    {
        ReadOnlySpan<float> w = Parameters.Weights(_weight);
        Span<float> gradient = Parameters.Gradients(_weight);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hidden.Length, w.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hiddenGradient.Length, w.Length);
        for (int i = 0; i < w.Length; i++)
        {
            gradient[i] += scoreGradient * hidden[i];
            hiddenGradient[i] += scoreGradient * w[i];
        }

        Parameters.Gradients(_bias)[0] += scoreGradient;
    }

    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();
}
