using System.Linq;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Training;

/// <summary>Trainer.g.cs: what a trainer is called with.</summary>
internal static class TrainerEmitter
{
    /// <summary>The tensors of a layer, by field and by canonical name.</summary>
    public static string[] LayerTensors(ModelSpec spec) =>
    [
        "AttentionNorm", "Query", "Key", "Value", .. spec.QkvBias ? new[] { "QueryBias", "KeyBias", "ValueBias" } : [],
        "AttentionOutput", "FfnNorm", "Gate", "Up", "Down",
    ];

    public static string Write(ModelPlan plan, TrainingPlan training)
    {
        SourceWriter writer = new();
        ModelFile.Write(
            writer,
            plan.Spec,
            () =>
            {
                WriteConstants(writer, training);
                writer.Line();
                writer.Line("/// <summary>Trains the model: a forward pass over batches of sequences, and the gradient of every weight.</summary>");
                writer.Block("public sealed unsafe partial class Trainer : LlamalithContracts.ITrainer<Trainer>, LlamalithContracts.ITeamJob", () =>
                {
                    WriteLife(writer, plan);
                    writer.Line();
                    WriteWeights(writer, plan.Spec);
                    writer.Line();
                    WriteForward(writer);
                    writer.Line();
                    WriteHead(writer);
                    writer.Line();
                    WriteJobs(writer);
                });
            },
            usings: KvCacheEmitter.ContractsAlias);
        return writer.ToString();
    }

    private static void WriteConstants(SourceWriter writer, TrainingPlan training)
    {
        writer.Line("// Layout: where ups begin in a row of gates and ups, rows of a training step's buffers, what is taken at once.");
        Private("UpOffset", training.UpOffset);
        Private("GateUpStride", training.GateUpStride);
        Private("VocabStride", training.VocabStride);
        Private("PositionStride", training.PositionStride);
        Private("DepthBlock", TrainingPlan.DepthBlock);
        Private("QueryBlock", TrainingPlan.QueryBlock);
        Private("LogitTokens", training.LogitTokens);

        void Private(string name, int value) => writer.Line($"private const int {name} = {Text.Int(value)};");
    }

    private static void WriteLife(SourceWriter writer, ModelPlan plan) => writer.Line($$"""
        private readonly LlamalithContracts.ParameterSet _parameters;
        private readonly LlamalithContracts.WorkerTeam _team;
        private readonly LlamalithContracts.NativeBuffer _layers;
        private readonly Memory _memory;
        private readonly int[] _tokens;
        private readonly int[] _places;
        private readonly int[] _picked;
        private readonly bool _forwardOnly;
        private int[] _starts = [0];
        private int _count;
        private int _busy;
        private bool _canGoBack;
        private bool _disposed;

        private Trainer(LlamalithContracts.TrainerOptions options)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
            ArgumentOutOfRangeException.ThrowIfLessThan(options.TokenCapacity, 1);
            if (Kernels.InstructionSet is null)
                throw new PlatformNotSupportedException("{{plan.Spec.TypeName}} was compiled for {{plan.Targets.Select(target => target.Id).Join(", ")}}, and this machine has none of them.");
            TokenCapacity = options.TokenCapacity;
            _forwardOnly = options.ForwardOnly;
            _tokens = new int[TokenCapacity];
            _places = new int[TokenCapacity];
            _picked = new int[TokenCapacity];
            _parameters = LlamalithContracts.ModelParameters.Create({{plan.Spec.TypeName}}.CompiledShape);
            _memory = new Memory(TokenCapacity, options.ForwardOnly ? 0 : Layers, options.Threads);
            _layers = new LlamalithContracts.NativeBuffer(Layers * sizeof(LayerWeights));
            _team = new LlamalithContracts.WorkerTeam(options.Threads);
            FindWeights();
        }

        /// <summary>What the class was compiled for.</summary>
        public static LlamalithContracts.ModelShape CompiledShape => {{plan.Spec.TypeName}}.CompiledShape;

        /// <summary>What the class was compiled for.</summary>
        public LlamalithContracts.ModelShape Shape => CompiledShape;

        /// <summary>Which elements of a head the rows of the query and key weights pair up.</summary>
        public global::Llamalith.RopeLayout RopeLayout => global::Llamalith.RopeLayout.{{plan.Spec.RopeLayout}};

        /// <summary>The instruction set in use.</summary>
        public string InstructionSet => Kernels.InstructionSet!;

        /// <summary>The threads that run it.</summary>
        public LlamalithContracts.WorkerTeam Team => _team;

        /// <summary>The weights and their gradients.</summary>
        public LlamalithContracts.ParameterSet Parameters => _parameters;

        /// <summary>Most tokens of one batch.</summary>
        public int TokenCapacity { get; }

        /// <summary>Number of tokens of the last forward pass.</summary>
        public int Tokens => _count;

        /// <summary>A model to train from nothing.</summary>
        public static Trainer Create(long seed, LlamalithContracts.TrainerOptions? options = null)
        {
            Trainer trainer = new(options ?? new LlamalithContracts.TrainerOptions());
            LlamalithContracts.ModelParameters.Initialize(trainer._parameters, CompiledShape, seed);
            return trainer;
        }

        /// <summary>A model to train further: a copy of the checkpoint's weights.</summary>
        public static Trainer Load(LlamalithContracts.Checkpoint checkpoint, LlamalithContracts.TrainerOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(checkpoint);
            Trainer trainer = new(options ?? new LlamalithContracts.TrainerOptions());
            try
            {
                LlamalithContracts.ModelParameters.Load(trainer._parameters, checkpoint, CompiledShape, trainer.RopeLayout);
            }
            catch
            {
                trainer.Dispose();
                throw;
            }

            return trainer;
        }

        /// <summary>Ends the threads and frees weights, gradients and activations.</summary>
        public void Dispose()
        {
            _disposed = true;
            _team.Dispose();
            _parameters.Dispose();
            _layers.Dispose();
            _memory.Dispose();
        }
        """);

    private static void WriteWeights(SourceWriter writer, ModelSpec spec)
    {
        writer.Line("// Where each tensor's weights lie; its gradients lie as far from there as for every other tensor.");
        writer.Block("private struct LayerWeights", () => writer.Line($"public float* {LayerTensors(spec).Join(", ")};"));
        writer.Line();
        writer.Line("private float* _embedding, _finalNorm, _classifier;");
        writer.Line("private nint _toGradient;");
        writer.Line();
        writer.Block("private void FindWeights()", () =>
        {
            writer.Line("_toGradient = (nint)(_parameters.GradientData - _parameters.WeightData);");
            writer.Line("_embedding = Find(LlamalithContracts.TensorNames.TokenEmbedding);");
            writer.Line("_finalNorm = Find(LlamalithContracts.TensorNames.FinalNorm);");
            writer.Line($"_classifier = {(spec.TiedEmbeddings ? "_embedding" : "Find(LlamalithContracts.TensorNames.Classifier)")};");
            writer.Block("for (int layer = 0; layer < Layers; layer++)", () =>
            {
                writer.Line("ref LayerWeights to = ref ((LayerWeights*)_layers.Data)[layer];");
                foreach (string tensor in LayerTensors(spec))
                    writer.Line($"to.{tensor} = Find(LlamalithContracts.TensorNames.OfLayer(layer, LlamalithContracts.TensorNames.{tensor}));");
            });
            writer.Line();
            writer.Line("float* Find(string name) => _parameters.WeightData + _parameters[name].Offset;");
        });
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
