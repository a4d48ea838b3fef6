using System;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>
/// The policy's half of proximal policy optimisation (Schulman et al., arXiv 1707.06347, equation 7): the mean over all actions of
/// -min(ratio · A, clip(ratio, 1 - ε, 1 + ε) · A), where the ratio is p(action) over what it was when the action was drawn.
/// </summary>
public sealed class PpoPolicyLoss : ILogitsLoss
{
    private int[] _actions = [];
    private float[] _advantages = [];
    private double[] _before = [], _logProbabilities = [];
    private int _tokens;
    private double _scale;

    /// <summary>How far a ratio may leave 1 before it is no longer rewarded: ε.</summary>
    public double Clip { get; init; } = 0.2;

    /// <summary>Number of actions of the batch.</summary>
    public int Count { get; private set; }

    /// <summary>ln p(action) of each token, known after a pass; 0 where there is no action.</summary>
    public ReadOnlySpan<double> LogProbabilities => _logProbabilities.AsSpan(0, _tokens);

    /// <summary>The mean loss, known after a pass.</summary>
    public double Mean => Average((ratio, advantage) => -Math.Min(ratio * advantage, Math.Clamp(ratio, 1 - Clip, 1 + Clip) * advantage));

    /// <summary>The mean ratio, known after a pass: 1 before the first step.</summary>
    public double MeanRatio => Average((ratio, _) => ratio);

    /// <summary>The share of actions whose ratio is clipped, known after a pass.</summary>
    public double ClippedShare => Average((ratio, _) => Math.Abs(ratio - 1) > Clip ? 1 : 0);

    /// <summary>
    /// An estimate of KL(before ‖ now) that is never negative, the mean of ratio - 1 - ln ratio, known after a pass: 0 before the first
    /// step.
    /// </summary>
    public double Divergence => Average((ratio, _) => ratio - 1 - Math.Log(ratio));

    /// <summary>Begins a batch.</summary>
    /// <param name="actions">The token drawn after each token of the batch, or <see cref="TokenTargets.None"/>.</param>
    /// <param name="logProbabilitiesBefore">ln p(action) by the policy that drew it.</param>
    /// <param name="advantages">A of each action.</param>
    /// <param name="scale">What each action's gradient is multiplied by; default one over their number.</param>
    public void Begin(
        ReadOnlySpan<int> actions, ReadOnlySpan<double> logProbabilitiesBefore, ReadOnlySpan<float> advantages, double? scale = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(logProbabilitiesBefore.Length, actions.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(advantages.Length, actions.Length);
        _tokens = actions.Length;
        if (_actions.Length < _tokens)
        {
            (_actions, _before, _advantages, _logProbabilities) =
                (new int[_tokens], new double[_tokens], new float[_tokens], new double[_tokens]);
        }

        actions.CopyTo(_actions);
        logProbabilitiesBefore.CopyTo(_before);
        advantages.CopyTo(_advantages);
        Array.Clear(_logProbabilities);
        Count = _tokens - actions.Count(TokenTargets.None);
        _scale = scale ?? (Count == 0 ? 0 : 1.0 / Count);
    }

    /// <inheritdoc/>
    public bool Wants(int token) => token < _tokens && _actions[token] != TokenTargets.None;

    /// <inheritdoc/>
    public void Differentiate(int token, Span<float> logits)
    {
        // d(-ratio · A)/d ln p = -ratio · A, and d ln p / d logits = 1[action] - p.
        _logProbabilities[token] = TokenSoftmax.Differentiate(logits, _actions[token], now =>
        {
            double ratio = Math.Exp(now - _before[token]);
            double advantage = _advantages[token];
            bool clipped = advantage > 0 ? ratio > 1 + Clip : ratio < 1 - Clip;
            return clipped ? 0 : (float)(_scale * ratio * advantage);
        });
    }

    private double Average(Func<double, double, double> of)
    {
        double sum = 0;
        for (int i = 0; i < _tokens; i++)
        {
            if (_actions[i] != TokenTargets.None)
                sum += of(Math.Exp(_logProbabilities[i] - _before[i]), _advantages[i]);
        }

        return sum / Count;
    }
}
