using System;
using System.Collections.Generic;

namespace Llamalith.Cli.Evaluation;

/// <summary>How well a model foresaw a text.</summary>
/// <param name="Value">exp of the mean loss: among so many equally likely tokens it felt it had to choose.</param>
/// <param name="Error">The standard error of the value.</param>
/// <param name="Tokens">Number of tokens judged.</param>
internal sealed record Perplexity(double Value, double Error, int Tokens)
{
    /// <summary>From the losses of tokens, in nats.</summary>
    public static Perplexity Of(IReadOnlyCollection<double> losses)
    {
        ArgumentNullException.ThrowIfNull(losses);
        ArgumentOutOfRangeException.ThrowIfZero(losses.Count, nameof(losses));
        double mean = 0, squares = 0;
        int count = 0;
        foreach (double loss in losses)
        {
            // Welford's recurrence: no difference of large sums.
            double before = loss - mean;
            mean += before / ++count;
            squares += before * (loss - mean);
        }

        // The error of exp(mean) is exp(mean) times that of the mean, to first order.
        double meanError = count > 1 ? Math.Sqrt(squares / (count - 1) / count) : double.PositiveInfinity;
        double value = Math.Exp(mean);
        return new Perplexity(value, value * meanError, count);
    }
}
