using System;
using System.ComponentModel;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>
/// What every generated trainer shares: what is checked before a pass, and how its threads are set to work. The generated class adds the
/// buffers and both passes. Not for use by hand.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract unsafe class TrainingEngine : CompiledEngine
{
    private readonly int[] _tokens;
    private readonly int[] _places;
    private readonly int[] _picked;
    private readonly int[] _itemsTaken;
    private readonly bool _forwardOnly;
    private int[] _starts = [0];
    private Phase _phase;
    private ILogitsReader? _reader;
    private ILogitsLoss? _loss;
    private bool _canGoBack;

    /// <summary>A trainer with weights of zero.</summary>
    /// <param name="traits">What the class was compiled for; its logit rows are those of a trainer.</param>
    /// <param name="options">How it is run.</param>
    /// <exception cref="PlatformNotSupportedException">The machine has none of the instruction sets that the class was compiled for.</exception>
    protected TrainingEngine(EngineTraits traits, TrainerOptions? options)
        : base(traits)
    {
        options ??= new TrainerOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TokenCapacity, 1);
        _forwardOnly = options.ForwardOnly;
        _tokens = new int[options.TokenCapacity];
        _places = new int[options.TokenCapacity];
        _picked = new int[traits.LogitRows];
        _itemsTaken = new int[traits.Shape.Layers];
        Parameters = ModelParameters.Create(traits.Shape);
        Team = new WorkerTeam(options.Threads);
    }

    /// <summary>The threads that run it.</summary>
    public WorkerTeam Team { get; }

    /// <summary>The weights and their gradients.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>Most tokens of one batch.</summary>
    public int TokenCapacity => _tokens.Length;

    /// <summary>Number of tokens of the last forward pass.</summary>
    public int Count { get; private set; }

    /// <summary>Layers whose activations are kept for the backward pass.</summary>
    protected int KeptLayers => _forwardOnly ? 0 : ClassTraits.Shape.Layers;

    /// <summary>The tokens of the batch.</summary>
    protected ReadOnlySpan<int> Tokens => _tokens;

    /// <summary>Each token's position in its sequence.</summary>
    protected ReadOnlySpan<int> Places => _places;

    /// <summary>Where each sequence begins, and where the last one ends.</summary>
    protected ReadOnlySpan<int> Starts => _starts;

    /// <summary>The tokens whose logits are at hand.</summary>
    protected ReadOnlySpan<int> Picked => _picked;

    /// <summary>Their number.</summary>
    protected int PickedCount { get; private set; }

    /// <summary>Whether logits at hand are to become gradients.</summary>
    protected bool IsLoss => _phase == Phase.Loss;

    /// <summary>Runs a batch of sequences that lie one after the other.</summary>
    public void Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> sequenceLengths)
    {
        Enter();
        try
        {
            Take(tokens, sequenceLengths);
            Run(Phase.Forward);
            _canGoBack = !_forwardOnly;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>One token's residual stream after the final norm [Dim], valid until the next pass.</summary>
    public ReadOnlySpan<float> Hidden(int token)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, Count);
        return HiddenRow(token);
    }

    /// <summary>Shows the logits of the last forward pass, a few tokens at a time.</summary>
    public void ReadLogits(ILogitsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Enter();
        try
        {
            _reader = reader;
            for (int token = 0; token < Count;)
            {
                for (PickedCount = 0; token < Count && PickedCount < _picked.Length; token++)
                {
                    if (reader.Wants(token))
                        _picked[PickedCount++] = token;
                }

                if (PickedCount > 0)
                    Run(Phase.Logits);
            }
        }
        finally
        {
            _reader = null;
            Leave();
        }
    }

    /// <summary>Adds the gradients of a loss of the last forward pass.</summary>
    public void Backward(ILogitsLoss? loss, ReadOnlySpan<float> hiddenGradient)
    {
        Enter();
        try
        {
            if (!_canGoBack)
                throw new InvalidOperationException(_forwardOnly ? "The trainer was created with ForwardOnly." : "There is no forward pass to go back through.");
            if (!hiddenGradient.IsEmpty && hiddenGradient.Length != Count * ClassTraits.Shape.Dim)
                throw new ArgumentException($"There are {hiddenGradient.Length} gradients, but {Count} tokens of Dim = {ClassTraits.Shape.Dim}.", nameof(hiddenGradient));

            // Activations are overwritten on the way back.
            _canGoBack = false;
            for (int token = 0; token < Count; token++)
            {
                Span<float> row = HiddenGradientRow(token);
                row.Clear();
                if (!hiddenGradient.IsEmpty)
                    hiddenGradient.Slice(token * ClassTraits.Shape.Dim, ClassTraits.Shape.Dim).CopyTo(row);
            }

            _loss = loss;
            for (int token = 0; loss is not null && token < Count;)
            {
                for (PickedCount = 0; token < Count && PickedCount < _picked.Length; token++)
                {
                    if (loss.Wants(token))
                        _picked[PickedCount++] = token;
                }

                if (PickedCount == 0)
                    continue;

                // Two jobs rather than a barrier: a loss may throw.
                Run(Phase.Loss);
                Run(Phase.ClassifierWeights);
            }

            Run(Phase.Backward);
        }
        finally
        {
            _loss = null;
            Leave();
        }
    }

    private protected override string Kind => "trainer";

    private protected override void RunOn(int rank)
    {
        switch (_phase)
        {
            case Phase.Forward:
                ForwardOn(rank);
                break;
            case Phase.Logits:
            case Phase.Loss:
                LogitsOn(rank);
                break;
            case Phase.ClassifierWeights:
                ClassifierWeightsOn(rank);
                break;
            default:
                BackwardOn(rank);
                break;
        }
    }

    private protected override void End()
    {
        Team.Dispose();
        Parameters.Dispose();
        Free();
    }

    /// <summary>Where a tensor's weights lie.</summary>
    protected float* Find(string name) => Parameters.WeightData + Parameters[name].Offset;

    /// <summary>The next item of a layer's attention: dealt out as threads come for more.</summary>
    protected int TakeItem(int layer) => Interlocked.Increment(ref _itemsTaken[layer]) - 1;

    /// <summary>Shows a picked token's logits to the reader, or has the loss turn them into gradients.</summary>
    protected void See(int picked, Span<float> logits)
    {
        if (IsLoss)
            _loss!.Differentiate(_picked[picked], logits);
        else
            _reader!.Read(_picked[picked], logits);
    }

    /// <summary>One token's residual stream after the final norm [Dim].</summary>
    protected abstract ReadOnlySpan<float> HiddenRow(int token);

    /// <summary>Where its gradient is to be put: [Dim], padded.</summary>
    protected abstract Span<float> HiddenGradientRow(int token);

    /// <summary>One thread's share of a forward pass.</summary>
    protected abstract void ForwardOn(int rank);

    /// <summary>One thread's share of a backward pass.</summary>
    protected abstract void BackwardOn(int rank);

    /// <summary>One thread's share of the logits of the picked tokens.</summary>
    protected abstract void LogitsOn(int rank);

    /// <summary>One thread's share of the classifier's gradient by the picked tokens.</summary>
    protected abstract void ClassifierWeightsOn(int rank);

    // Nothing is changed before all of a batch was looked at.
    private void Take(ReadOnlySpan<int> tokens, ReadOnlySpan<int> sequenceLengths)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, TokenCapacity, nameof(tokens));
        if (tokens.IsEmpty)
            throw new ArgumentException("There is no token.", nameof(tokens));
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)ClassTraits.Shape.VocabSize)
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"The vocabulary has {ClassTraits.Shape.VocabSize} tokens, 0 to {ClassTraits.Shape.VocabSize - 1}.");
        }

        long sum = 0;
        foreach (int length in sequenceLengths)
        {
            if (length < 1 || length > ClassTraits.Shape.Context)
                throw new ArgumentException($"A sequence of {length} tokens: there must be 1 to Context = {ClassTraits.Shape.Context}.", nameof(sequenceLengths));
            sum += length;
        }

        if (sum != tokens.Length)
            throw new ArgumentException($"The sequences have {sum} tokens together, but there are {tokens.Length}.", nameof(sequenceLengths));
        _canGoBack = false;
        Count = tokens.Length;
        tokens.CopyTo(_tokens);
        if (_starts.Length != sequenceLengths.Length + 1)
            _starts = new int[sequenceLengths.Length + 1];
        for (int i = 0; i < sequenceLengths.Length; i++)
        {
            _starts[i + 1] = _starts[i] + sequenceLengths[i];
            for (int position = 0; position < sequenceLengths[i]; position++)
                _places[_starts[i] + position] = position;
        }
    }

    private void Run(Phase phase)
    {
        _phase = phase;
        Array.Clear(_itemsTaken);
        Team.Run(this);

        // Kernels see pointers alone: a trainer that nobody refers to any more must not be finalised under them.
        GC.KeepAlive(this);
    }

    private enum Phase
    {
        Forward,
        Logits,
        Loss,
        ClassifierWeights,
        Backward,
    }
}
