using System;
using System.Globalization;
using Llamalith.Contracts;

namespace Llamalith.Cli.Evaluation;

/// <summary>
/// What a model thought of tokens that really came: -ln p of each. This is the one place that needs logits at every position, so
/// the one to change where a model can give them for many tokens at once.
/// </summary>
internal static class TokenLosses
{
    /// <summary>Runs a sequence through an empty cache.</summary>
    /// <param name="model">The model; what its cache held is forgotten.</param>
    /// <param name="tokens">The sequence, no longer than the context.</param>
    /// <param name="first">The first token to judge, at least 1: the first of all has nothing before it.</param>
    /// <param name="losses">The losses of tokens [first, tokens.Length), in nats.</param>
    /// <exception cref="ModelFormatException">The model's logits are not finite numbers.</exception>
    public static void Compute(ILlamaModel model, ReadOnlySpan<int> tokens, int first, Span<double> losses)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(losses.Length, tokens.Length - first);
        model.Truncate(0);
        ReadOnlySpan<float> logits = model.Prefill(tokens[..first]);
        for (int position = first; position < tokens.Length; position++)
        {
            losses[position - first] = Loss(logits, tokens[position], position);

            // What would come after the last token is not asked for.
            if (position + 1 < tokens.Length)
                logits = model.Decode(tokens[position]);
        }
    }

    /// <summary>-ln softmax(logits)[token].</summary>
    private static double Loss(ReadOnlySpan<float> logits, int token, int position)
    {
        float largest = float.NegativeInfinity;
        foreach (float logit in logits)
            largest = Math.Max(largest, logit);
        double sum = 0;
        foreach (float logit in logits)
            sum += MathF.Exp(logit - largest);
        double loss = Math.Log(sum) - (logits[token] - (double)largest);
        return double.IsFinite(loss) ? loss : throw new ModelFormatException(string.Create(
            CultureInfo.InvariantCulture, $"The model's logits at position {position} give the token {token} no finite probability."));
    }
}
