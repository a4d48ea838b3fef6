using System;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>The hyperparameters of <see cref="AdamW"/>; the defaults are Llama 2's (arXiv 2307.09288, section 2.2).</summary>
public sealed record AdamWOptions
{
    /// <summary>How much of the mean of gradients a step keeps.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>How much of the mean of their squares a step keeps.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>The share of the learning rate by which weights shrink at each step (decoupled from the gradient).</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>The norm over all gradients together above which they are scaled down to it; 0 for no limit.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Which tensors decay; by default matrices, the embedding among them, and not norms and biases.</summary>
    public Func<Parameter, bool> Decays { get; init; } = static parameter => parameter.IsMatrix;
}
