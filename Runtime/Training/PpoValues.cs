using System;

namespace Llamalith.Training;

/// <summary>The critic's half of proximal policy optimisation, over the actions of one answer or of a batch.</summary>
public static class PpoValues
{
    /// <summary>
    /// Generalised advantages (Schulman et al., arXiv 1506.02438, equation 16) of one answer: δ_t = r_t + γ·V_{t+1} - V_t and
    /// A_t = δ_t + γ·λ·A_{t+1}, with V = 0 after the last action. A return is A_t + V_t.
    /// </summary>
    /// <param name="rewards">Reward of each action.</param>
    /// <param name="values">The critic's value before each action.</param>
    /// <param name="discount">γ.</param>
    /// <param name="decay">λ.</param>
    /// <param name="advantages">[actions], to be filled.</param>
    /// <param name="returns">[actions], to be filled.</param>
    public static void Advantages(
        ReadOnlySpan<float> rewards, ReadOnlySpan<float> values, double discount, double decay, Span<float> advantages, Span<float> returns)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, rewards.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(advantages.Length, rewards.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(returns.Length, rewards.Length);
        double next = 0, advantage = 0;
        for (int i = rewards.Length - 1; i >= 0; i--)
        {
            advantage = rewards[i] + (discount * next) - values[i] + (discount * decay * advantage);
            next = values[i];
            advantages[i] = (float)advantage;
            returns[i] = (float)(advantage + next);
        }
    }

    /// <summary>Shifts and scales to mean 0 and deviation 1; numbers that are all alike become 0.</summary>
    public static void Whiten(Span<float> values)
    {
        double mean = 0, squares = 0;
        foreach (float value in values)
            mean += value;
        mean /= Math.Max(1, values.Length);
        foreach (float value in values)
            squares += (value - mean) * (value - mean);
        double deviation = Math.Sqrt(squares / Math.Max(1, values.Length));
        foreach (ref float value in values)
            value = (float)((value - mean) / (deviation + 1e-8));
    }

    /// <summary>
    /// The mean of max((v - R)², (clip(v, before ± ε) - R)²) / 2 over all actions, and its gradient by v: like the policy, a value may not
    /// gain by leaving what it was by more than ε.
    /// </summary>
    /// <param name="values">v, the critic's values now.</param>
    /// <param name="before">Its values when the actions were drawn.</param>
    /// <param name="returns">R, what it should have said.</param>
    /// <param name="clip">ε; infinite for none.</param>
    /// <param name="gradients">[actions], to be filled.</param>
    /// <returns>The mean loss.</returns>
    public static double Differentiate(
        ReadOnlySpan<float> values, ReadOnlySpan<float> before, ReadOnlySpan<float> returns, double clip, Span<float> gradients)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(before.Length, values.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(returns.Length, values.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(gradients.Length, values.Length);
        double loss = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double error = (double)values[i] - returns[i];
            double moved = (double)values[i] - before[i];
            double clippedError = before[i] + Math.Clamp(moved, -clip, clip) - returns[i];
            bool clipped = clippedError * clippedError > error * error;
            loss += (clipped ? clippedError * clippedError : error * error) / 2;
            gradients[i] = clipped ? 0 : (float)(error / values.Length);
        }

        return loss / Math.Max(1, values.Length);
    }
}
