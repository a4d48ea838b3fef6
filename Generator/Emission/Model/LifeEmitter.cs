using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Model;

/// <summary>The part of Model.g.cs from loading to disposal: fields, what an engine says of itself, the conversation it holds.</summary>
internal static class LifeEmitter
{
    public static void Write(SourceWriter writer, ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        writer.Line($$"""
            private readonly Weights _weights;
            private readonly Scratch _scratch;
            private readonly Share[] _shares;
            private readonly LlamalithContracts.WorkerTeam _team;
            private KvCache _cache;
            private int _busy;
            private bool _disposed;

            // The pass under way: where it begins, how many tokens, whether the last one's logits are wanted.
            private unsafe byte* _blocks;
            private int _position;
            private int _tokens;
            private int _layers;
            private bool _head;

            // Where more tokens' logits are wanted: who wants them, the place of the first in the batch, those that are at hand.
            private readonly int[] _picked = new int[LogitRowCount];
            private LlamalithContracts.ILogitsReader? _reader;
            private Phase _phase;
            private int _first;

            private {{spec.TypeName}}(LlamalithContracts.Checkpoint checkpoint, LlamalithContracts.LoadOptions options)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads ?? 1, 1, nameof(options.Threads));
                if (Kernels.InstructionSet is null)
                    throw new PlatformNotSupportedException("{{spec.TypeName}} was compiled for {{plan.Targets.Select(target => target.Id).Join(", ")}}, and this machine has none of them.");
                _weights = new Weights(checkpoint, options);
                int threads = options.Threads ?? LlamalithContracts.WorkerTeam.SizeFor(_weights.Bytes, DecodeBarriers);
                _scratch = new Scratch(threads);
                _team = new LlamalithContracts.WorkerTeam(threads);
                _shares = new Share[threads];
                for (int rank = 0; rank < _shares.Length; rank++)
                    _shares[rank] = new Share(rank, threads);
                _cache = new KvCache();
                WarmUp();
            }

            /// <summary>What the class was compiled for.</summary>
            public static LlamalithContracts.ModelShape CompiledShape { get; } = new()
            {
                Dim = Dim,
                FfnDim = FfnDim,
                Layers = Layers,
                Heads = Heads,
                KvHeads = KvHeads,
                HeadDim = HeadDim,
                VocabSize = VocabSize,
                Context = Context,
                TiedEmbeddings = {{(spec.TiedEmbeddings ? "true" : "false")}},
                NormEps = {{Code.Double(spec.NormEps)}},
                RopeTheta = {{Code.Double(spec.RopeTheta)}},
                RopeScaling = global::Llamalith.RopeScaling.{{spec.RopeScaling.Kind}},
                RopeScalingFactor = {{Code.Double(spec.RopeScaling.Factor)}},
                SlidingWindow = {{Code.Int(spec.SlidingWindow)}},
                QkvBias = {{(spec.QkvBias ? "true" : "false")}},{{Llama3(spec.RopeScaling)}}
            };

            /// <summary>What the class was compiled for.</summary>
            public LlamalithContracts.ModelShape Shape => CompiledShape;

            /// <summary>The instruction set in use.</summary>
            public string InstructionSet => Kernels.InstructionSet!;

            /// <summary>Number of threads that run the model.</summary>
            public int Threads => _team.Size;

            /// <summary>Number of tokens in the current conversation.</summary>
            public int Position => _cache.Count;

            /// <summary>
            /// The conversation that Decode and Prefill continue. Setting another does not dispose the one before; one that was filled with
            /// other weights is refused.
            /// </summary>
            public KvCache Cache
            {
                get => _cache;
                set
                {
                    value.Storage.Claim(_weights.Identity);
                    _cache = value;
                }
            }

            /// <summary>Opens a model file and binds its weights; the format is found out from the content.</summary>
            public static {{spec.TypeName}} Load(string path, LlamalithContracts.LoadOptions? options = null) =>
                LoadOwned(LlamalithContracts.Checkpoint.Open(path), options);

            """);
        if (spec.EmbeddedWeights is { } embedded)
        {
            writer.Line($$"""
                /// <summary>Binds the weights that were built into this program: they are used where they lie.</summary>
                public static {{spec.TypeName}} Load(LlamalithContracts.LoadOptions? options = null) =>
                    LoadOwned(LlamalithContracts.Checkpoint.OpenEmbedded(typeof({{spec.TypeName}}).Assembly, {{Code.Verbatim(embedded)}}), options);

                """);
        }

        writer.Line($$"""
            /// <summary>Binds the weights of an open checkpoint, which is disposed with the model.</summary>
            public static {{spec.TypeName}} Load(LlamalithContracts.Checkpoint checkpoint, LlamalithContracts.LoadOptions? options = null)
            {
                ArgumentNullException.ThrowIfNull(checkpoint);
                return new {{spec.TypeName}}(checkpoint, options ?? new LlamalithContracts.LoadOptions());
            }

            // A checkpoint that nobody else knows of goes away with a load that fails.
            private static {{spec.TypeName}} LoadOwned(LlamalithContracts.Checkpoint checkpoint, LlamalithContracts.LoadOptions? options)
            {
                try
                {
                    return Load(checkpoint, options);
                }
                catch
                {
                    checkpoint.Dispose();
                    throw;
                }
            }

            /// <summary>An empty conversation, to be set as <see cref="Cache"/>.</summary>
            public KvCache CreateCache() => new();

            /// <summary>Forgets every token of the current conversation from <paramref name="count"/> on.</summary>
            public void Truncate(int count) => _cache.Truncate(count);

            /// <summary>Ends the threads and frees weights, scratch and the current conversation.</summary>
            public void Dispose()
            {
                _disposed = true;
                _team.Dispose();
                _weights.Dispose();
                _scratch.Dispose();
                _cache.Dispose();
            }

            // Passes through one layer with every tile once, so that the first token finds all code compiled.
            private void WarmUp()
            {
                _layers = 1;
            """);
        if (plan.WarmUpTokens > 0)
            writer.Line("    Prefill(stackalloc int[" + Code.Int(plan.WarmUpTokens) + "]);");
        writer.Line("""
                Decode(0);
                Truncate(0);
                _layers = Layers;
            }
            """);
    }

    private static string Llama3(RopeScalingSpec scaling) => scaling.Kind != RopeScaling.Llama3 ? "" : $"""

            RopeScalingLowFrequencyFactor = {Code.Double(scaling.LowFrequencyFactor)},
            RopeScalingHighFrequencyFactor = {Code.Double(scaling.HighFrequencyFactor)},
            RopeScalingOriginalContext = {Code.Int(scaling.OriginalContext)},
        """;
}
