using System;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>
/// Next-token cross-entropy: the mean over all targets of -ln p(target). Tokens without one (<see cref="TokenTargets.None"/>) count for
/// nothing. As a reader of logits it measures; as a loss it also gives the gradient.
/// </summary>
public sealed class CrossEntropy : ILogitsLoss, ILogitsReader
{
    private int[] _targets = [];
    private double[] _logProbabilities = [];
    private int _tokens;
    private float _scale;

    /// <summary>Number of targets of the batch.</summary>
    public int Count { get; private set; }

    /// <summary>ln p(target) of each token of the batch, known after a pass; 0 where there is no target.</summary>
    public ReadOnlySpan<double> LogProbabilities => _logProbabilities.AsSpan(0, _tokens);

    /// <summary>The sum over all targets of -ln p(target), known after a pass.</summary>
    public double Sum
    {
        get
        {
            double sum = 0;
            foreach (double logProbability in LogProbabilities)
                sum -= logProbability;
            return sum;
        }
    }

    /// <summary>The mean over all targets of -ln p(target), known after a pass; NaN without any.</summary>
    public double Mean => Sum / Count;

    /// <summary>Begins a batch.</summary>
    /// <param name="targets">What each token is to predict, or <see cref="TokenTargets.None"/>.</param>
    /// <param name="scale">
    /// What the gradient of each target's -ln p is multiplied by. Default: one over their number, the gradient of <see cref="Mean"/>. Where
    /// a step's batch comes in parts, it is one over the number of targets of all parts.
    /// </param>
    public void Begin(ReadOnlySpan<int> targets, double? scale = null)
    {
        _tokens = targets.Length;
        if (_targets.Length < _tokens)
            (_targets, _logProbabilities) = (new int[_tokens], new double[_tokens]);
        targets.CopyTo(_targets);
        Array.Clear(_logProbabilities);
        Count = _tokens - targets.Count(TokenTargets.None);
        _scale = (float)(scale ?? (Count == 0 ? 0 : 1.0 / Count));
    }

    /// <inheritdoc cref="ILogitsLoss.Wants"/>
    public bool Wants(int token) => token < _tokens && _targets[token] != TokenTargets.None;

    /// <inheritdoc/>
    public void Read(int token, ReadOnlySpan<float> logits) =>
        _logProbabilities[token] = TokenSoftmax.LogProbability(logits, _targets[token]);

    /// <inheritdoc/>
    public void Differentiate(int token, Span<float> logits)
    {
        float scale = _scale;
        _logProbabilities[token] = TokenSoftmax.Differentiate(logits, _targets[token], _ => scale);
    }
}
