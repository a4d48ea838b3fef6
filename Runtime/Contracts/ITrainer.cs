using System;

namespace Llamalith.Contracts;

/// <summary>
/// A compiled model that can be trained: a forward pass over a batch that keeps what the backward pass needs, and the backward pass. It
/// computes in 32-bit floats, whatever weights the engine of the same class is compiled for. Results are bit-identical for any number of
/// threads. One call at a time: a trainer is not shared between threads.
/// </summary>
public interface ITrainer : IDisposable
{
    /// <summary>What the class was compiled for.</summary>
    ModelShape Shape { get; }

    /// <summary>Which elements of a head the rows of the query and key weights pair up.</summary>
    RopeLayout RopeLayout { get; }

    /// <summary>The instruction set in use: avx512, avx2, neon or scalar.</summary>
    string InstructionSet { get; }

    /// <summary>The threads that run it. Other work may run on them between its calls, such as an optimiser's step.</summary>
    WorkerTeam Team { get; }

    /// <summary>The weights, which may be changed between passes, and their gradients.</summary>
    ParameterSet Parameters { get; }

    /// <summary>Most tokens of one batch.</summary>
    int TokenCapacity { get; }

    /// <summary>Number of tokens of the last <see cref="Forward"/>; 0 before the first.</summary>
    int Tokens { get; }

    /// <summary>
    /// Runs a batch of sequences that lie one after the other. Positions start at 0 in each, and attention never leaves it.
    /// </summary>
    /// <param name="tokens">The tokens of all sequences.</param>
    /// <param name="sequenceLengths">The length of each sequence; together as many as there are tokens.</param>
    /// <exception cref="ArgumentException">The lengths do not add up, or a sequence is empty or longer than the context.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary, or there are more than
    /// <see cref="TokenCapacity"/>.</exception>
    void Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> sequenceLengths);

    /// <summary>
    /// What the classifier sees of one token of the last <see cref="Forward"/>: the residual stream [Dim] after the final norm. A reward or
    /// value head is a linear map over it. Valid until the next forward or backward pass.
    /// </summary>
    ReadOnlySpan<float> Hidden(int token);

    /// <summary>
    /// Computes the logits of the last <see cref="Forward"/> a few tokens at a time, so that they are never all in memory, and shows them
    /// to a reader; tokens that it does not want cost nothing.
    /// </summary>
    void ReadLogits(ILogitsReader reader);

    /// <summary>
    /// Adds the gradients of a loss to <see cref="ParameterSet.Gradients"/>, for the batch of the last <see cref="Forward"/>, which may be
    /// followed by one backward pass only. The loss is a function of the logits, of <see cref="Hidden"/>, or the sum of one of each.
    /// </summary>
    /// <param name="loss">Turns each token's logits into the gradient by them; null where the loss does not depend on logits.</param>
    /// <param name="hiddenGradient">
    /// The gradient by <see cref="Hidden"/> [tokens, Dim], without what goes through the logits; empty where there is none.
    /// </param>
    /// <exception cref="InvalidOperationException">There is no forward pass to go back through.</exception>
    void Backward(ILogitsLoss? loss, ReadOnlySpan<float> hiddenGradient = default);
}

/// <summary>A trainer that generic code can create.</summary>
/// <typeparam name="TSelf">The compiled trainer.</typeparam>
public interface ITrainer<TSelf> : ITrainer
    where TSelf : ITrainer<TSelf>
{
    /// <summary>What the class was compiled for.</summary>
    static abstract ModelShape CompiledShape { get; }

    /// <summary>A model to train from nothing; see <see cref="ModelParameters.Initialize"/>.</summary>
    static abstract TSelf Create(long seed, TrainerOptions? options = null);

    /// <summary>A model to train further. Its weights are copied, so the checkpoint may be disposed afterwards.</summary>
    /// <exception cref="ModelMismatchException">The checkpoint holds another model.</exception>
    static abstract TSelf Load(Checkpoint checkpoint, TrainerOptions? options = null);
}
