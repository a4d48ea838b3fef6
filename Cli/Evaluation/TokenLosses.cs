using System;
using System.Globalization;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.Training;

namespace Llamalith.Cli.Evaluation;

/// <summary>What a model thought of tokens that really came: -ln p of each. A sequence passes through the model at once.</summary>
/// <param name="model">The model; what its cache holds is forgotten.</param>
internal sealed class TokenLosses(ILlamaModel model)
{
    private readonly CrossEntropy _entropy = new();

    /// <summary>Runs a sequence through an empty cache.</summary>
    /// <param name="tokens">The sequence, no longer than the context.</param>
    /// <param name="first">The first token to judge, at least 1: the first of all has nothing before it.</param>
    /// <param name="losses">The losses of tokens [first, tokens.Length), in nats.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="ModelFormatException">The model's logits are not finite numbers.</exception>
    public void Compute(ReadOnlySpan<int> tokens, int first, Span<double> losses, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(losses.Length, tokens.Length - first);
        if (losses.IsEmpty)
            return;

        // What would come after the last token is not asked for.
        Span<int> targets = new int[tokens.Length - 1];
        targets[..(first - 1)].Fill(TokenTargets.None);
        tokens[first..].CopyTo(targets[(first - 1)..]);
        _entropy.Begin(targets);
        model.Truncate(0);
        model.Prefill(tokens[..^1], _entropy, cancellation);
        for (int i = 0; i < losses.Length; i++)
        {
            double loss = -_entropy.LogProbabilities[first - 1 + i];
            losses[i] = double.IsFinite(loss) ? loss : throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"The model's logits at position {first + i} give the token {tokens[first + i]} no finite probability."));
        }
    }
}
