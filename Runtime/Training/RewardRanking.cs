using System;

namespace Llamalith.Training;

/// <summary>
/// The loss of a reward model over pairs of answers: -ln σ(chosen - rejected - margin), its mean over the pairs (Touvron et al., arXiv
/// 2307.09288, section 3.2.2). At equal scores and no margin it is ln 2.
/// </summary>
public static class RewardRanking
{
    /// <summary>The loss, and its gradients by the scores.</summary>
    /// <param name="chosen">Score of the better answer of each pair.</param>
    /// <param name="rejected">Score of the other.</param>
    /// <param name="margins">By how much the better one should win; empty for no margins.</param>
    /// <param name="chosenGradients">[pairs], to be filled.</param>
    /// <param name="rejectedGradients">[pairs], to be filled.</param>
    /// <returns>The mean loss.</returns>
    public static double Differentiate(
        ReadOnlySpan<float> chosen, ReadOnlySpan<float> rejected, ReadOnlySpan<float> margins, Span<float> chosenGradients,
        Span<float> rejectedGradients)
    {
        ArgumentOutOfRangeException.ThrowIfZero(chosen.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rejected.Length, chosen.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(chosenGradients.Length, chosen.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rejectedGradients.Length, chosen.Length);
        if (!margins.IsEmpty)
            ArgumentOutOfRangeException.ThrowIfNotEqual(margins.Length, chosen.Length);
        double loss = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            double lead = (double)chosen[i] - rejected[i] - (margins.IsEmpty ? 0 : margins[i]);

            // ln(1 + e^-lead) and σ(-lead), from e to a power that is never positive.
            double small = Math.Exp(-Math.Abs(lead));
            loss += Math.Max(0, -lead) + Math.Log(1 + small);
            double missing = (lead < 0 ? 1 : small) / (1 + small);
            chosenGradients[i] = (float)(-missing / chosen.Length);
            rejectedGradients[i] = -chosenGradients[i];
        }

        return loss / chosen.Length;
    }
}
