using Llamalith.Generator.Emission.Text;

namespace Llamalith.Generator.Emission.Training;

/// <summary>A trainer's passes as they are called: what is checked first, and how the team's threads are set to work.</summary>
internal static class TrainerCalls
{
    public static void Write(SourceWriter writer)
    {
        WriteForward(writer);
        writer.Line();
        WriteHead(writer);
        writer.Line();
        WriteJobs(writer);
    }

    private static void WriteForward(SourceWriter writer) => writer.Line("""
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
                _busy = 0;
            }
        }

        /// <summary>One token's residual stream after the final norm [Dim], valid until the next pass.</summary>
        public ReadOnlySpan<float> Hidden(int token)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(token);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, _count);
            return new ReadOnlySpan<float>(_memory.Final + (token * (nint)DimStride), Dim);
        }

        // Nothing is changed before all of a batch was looked at.
        private void Take(ReadOnlySpan<int> tokens, ReadOnlySpan<int> sequenceLengths)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, TokenCapacity, nameof(tokens));
            if (tokens.IsEmpty)
                throw new ArgumentException("There is no token.", nameof(tokens));
            foreach (int token in tokens)
            {
                if ((uint)token >= VocabSize)
                    throw new ArgumentOutOfRangeException(nameof(tokens), token, $"The vocabulary has {VocabSize} tokens, 0 to {VocabSize - 1}.");
            }

            long sum = 0;
            foreach (int length in sequenceLengths)
            {
                if (length < 1 || length > Context)
                    throw new ArgumentException($"A sequence of {length} tokens: there must be 1 to Context = {Context}.", nameof(sequenceLengths));
                sum += length;
            }

            if (sum != tokens.Length)
                throw new ArgumentException($"The sequences have {sum} tokens together, but there are {tokens.Length}.", nameof(sequenceLengths));
            _canGoBack = false;
            _count = tokens.Length;
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

        private void Enter()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (System.Threading.Interlocked.Exchange(ref _busy, 1) != 0)
                throw new InvalidOperationException("Another call to this trainer is under way.");
        }
        """);

    private static void WriteHead(SourceWriter writer) => writer.Line("""
        /// <summary>Shows the logits of the last forward pass, a few tokens at a time.</summary>
        public void ReadLogits(LlamalithContracts.ILogitsReader reader)
        {
            ArgumentNullException.ThrowIfNull(reader);
            Enter();
            try
            {
                for (int token = 0; token < _count;)
                {
                    for (_pickedCount = 0; token < _count && _pickedCount < LogitTokens; token++)
                    {
                        if (reader.Wants(token))
                            _picked[_pickedCount++] = token;
                    }

                    _reader = reader;
                    if (_pickedCount > 0)
                        Run(Phase.Logits);
                }
            }
            finally
            {
                _reader = null;
                _busy = 0;
            }
        }

        /// <summary>Adds the gradients of a loss of the last forward pass.</summary>
        public void Backward(LlamalithContracts.ILogitsLoss? loss, ReadOnlySpan<float> hiddenGradient = default)
        {
            Enter();
            try
            {
                if (!_canGoBack)
                    throw new InvalidOperationException(_forwardOnly ? "The trainer was created with ForwardOnly." : "There is no forward pass to go back through.");
                if (!hiddenGradient.IsEmpty && hiddenGradient.Length != _count * Dim)
                    throw new ArgumentException($"There are {hiddenGradient.Length} gradients, but {_count} tokens of Dim = {Dim}.", nameof(hiddenGradient));

                // Activations are overwritten on the way back.
                _canGoBack = false;
                for (int token = 0; token < _count; token++)
                {
                    Span<float> row = new(_memory.NormedGradient + (token * (nint)DimStride), PaddedDim);
                    row.Clear();
                    if (!hiddenGradient.IsEmpty)
                        hiddenGradient.Slice(token * Dim, Dim).CopyTo(row);
                }

                for (int token = 0; loss is not null && token < _count;)
                {
                    for (_pickedCount = 0; token < _count && _pickedCount < LogitTokens; token++)
                    {
                        if (loss.Wants(token))
                            _picked[_pickedCount++] = token;
                    }

                    _loss = loss;
                    if (_pickedCount == 0)
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
                _busy = 0;
            }
        }
        """);

    private static void WriteJobs(SourceWriter writer) => writer.Line("""
        private LlamalithContracts.ILogitsReader? _reader;
        private LlamalithContracts.ILogitsLoss? _loss;
        private int _pickedCount;
        private readonly int[] _itemsTaken = new int[Layers];
        private Phase _phase;

        private enum Phase
        {
            Forward,
            Logits,
            Loss,
            ClassifierWeights,
            Backward,
        }

        private void Run(Phase phase)
        {
            _phase = phase;
            Array.Clear(_itemsTaken);
            _team.Run(this);

            // Kernels see pointers alone: a trainer that nobody refers to any more must not be finalised under them.
            GC.KeepAlive(this);
        }

        void LlamalithContracts.ITeamJob.Execute(int rank)
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
        """);
}
