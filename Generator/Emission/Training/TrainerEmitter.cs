using System.Linq;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>Trainer.g.cs: what a trainer is called with.</summary>
internal static class TrainerEmitter
{
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
                    TrainerWeights.Write(writer, plan.Spec);
                    writer.Line();
                    TrainerCalls.Write(writer);
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
        Private("RowBlock", TrainingPlan.RowBlock);
        Private("QueryBlock", TrainingPlan.QueryBlock);
        Private("LogitTokens", training.LogitTokens);

        void Private(string name, int value) => writer.Line($"private const int {name} = {Code.Int(value)};");
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
}
