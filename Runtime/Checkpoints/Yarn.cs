using System;

namespace Llamalith.Checkpoints;

/// <summary>What YaRN does to attention beside the frequencies (Peng et al., arXiv 2309.00071, section 3.4).</summary>
internal static class Yarn
{
    /// <summary>What rotated queries and keys are multiplied by.</summary>
    /// <param name="factor">What frequencies are stretched by.</param>
    /// <param name="scale">How much of the rule's logarithm counts.</param>
    public static double AttentionFactor(double factor, double scale = 1) => factor <= 1 ? 1 : (0.1 * scale * Math.Log(factor)) + 1;
}
