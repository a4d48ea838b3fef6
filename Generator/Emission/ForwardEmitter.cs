using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission;

/// <summary>Model.g.cs: the constants, then the forward pass as a table of contents.</summary>
internal static class ForwardEmitter
{
    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        SourceWriter writer = new();
        string bases = $" : LlamalithContracts.ILlamaModel<{spec.TypeName}>, LlamalithContracts.ITeamJob";
        ModelFile.Write(
            writer,
            spec,
            () =>
            {
                ConstantsEmitter.Write(writer, plan);
                writer.Line();
                WriteLife(writer, plan);
                writer.Line();
                WriteCalls(writer, plan);
                writer.Line();
                WritePass(writer, plan, "DecodeOn", "One thread's share of a token's forward pass.", Scheduler.Of(plan.Graph.Decode), new DecodeSteps());
                writer.Line();
                WritePass(writer, plan, "PrefillOn", "One thread's share of a forward pass of many tokens.", Scheduler.Of(plan.Graph.Prefill), new PrefillSteps());
                writer.Line();
                WriteLogits(writer, plan);
                writer.Line();
                SharesEmitter.Write(writer, plan);
            },
            bases,
            KvCacheEmitter.ContractsAlias,
            $"// An engine for {Text.Grouped(spec.Layers)} layers of width {Text.Grouped(spec.Dim)}: {Text.Grouped(ParameterCount.Total(spec))} parameters.");
        return writer.ToString();
    }

    private static void WriteLife(SourceWriter writer, ModelPlan plan)
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
                NormEps = {{Text.Double(spec.NormEps)}},
                RopeTheta = {{Text.Double(spec.RopeTheta)}},
                RopeScaling = global::Llamalith.RopeScaling.{{spec.RopeScaling.Kind}},
                RopeScalingFactor = {{Text.Double(spec.RopeScaling.Factor)}},
                SlidingWindow = {{Text.Int(spec.SlidingWindow)}},
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

            /// <summary>The conversation that Decode and Prefill continue. Setting another does not dispose the one before.</summary>
            public KvCache Cache
            {
                get => _cache;
                set
                {
                    _ = value.Storage;
                    _cache = value;
                }
            }

            /// <summary>Opens a model file and binds its weights; the format is found out from the content.</summary>
            public static {{spec.TypeName}} Load(string path, LlamalithContracts.LoadOptions? options = null)
            {
                LlamalithContracts.Checkpoint checkpoint = LlamalithContracts.Checkpoint.Open(path);
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

            """);
        if (spec.EmbeddedWeights is { } embedded)
            WriteEmbeddedLoad(writer, spec, embedded);
        writer.Line($$"""
            /// <summary>Binds the weights of an open checkpoint, which is disposed with the model.</summary>
            public static {{spec.TypeName}} Load(LlamalithContracts.Checkpoint checkpoint, LlamalithContracts.LoadOptions? options = null)
            {
                ArgumentNullException.ThrowIfNull(checkpoint);
                return new {{spec.TypeName}}(checkpoint, options ?? new LlamalithContracts.LoadOptions());
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
            writer.Line("    Prefill(stackalloc int[" + Text.Int(plan.WarmUpTokens) + "]);");
        writer.Line("""
                Decode(0);
                Truncate(0);
                _layers = Layers;
            }
            """);
    }

    private static string Llama3(RopeScalingSpec scaling) => scaling.Kind != RopeScaling.Llama3 ? "" : $"""

            RopeScalingLowFrequencyFactor = {Text.Double(scaling.LowFrequencyFactor)},
            RopeScalingHighFrequencyFactor = {Text.Double(scaling.HighFrequencyFactor)},
            RopeScalingOriginalContext = {Text.Int(scaling.OriginalContext)},
        """;

    private static void WriteEmbeddedLoad(SourceWriter writer, ModelSpec spec, string file) => writer.Line($$"""
        /// <summary>Binds the weights that were built into this program: they are used where they lie.</summary>
        public static {{spec.TypeName}} Load(LlamalithContracts.LoadOptions? options = null)
        {
            LlamalithContracts.Checkpoint checkpoint = LlamalithContracts.Checkpoint.OpenEmbedded(typeof({{spec.TypeName}}).Assembly, {{Text.Verbatim(file)}});
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

        """);

    private static void WriteCalls(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("""
            /// <summary>Appends one token to the conversation and returns the logits [VocabSize] for the next, valid until the next call.</summary>
            public unsafe ReadOnlySpan<float> Decode(int token)
            {
                CheckToken(token);
                LlamalithContracts.KvStorage cache = Enter(1);
                try
                {
                    _weights.Embed(token, _scratch.X);
                    Run(cache, 1, head: true);
                }
                finally
                {
                    _busy = 0;
                }

                return new ReadOnlySpan<float>(_scratch.Logits, 0, VocabSize);
            }

            /// <summary>Appends many tokens and returns the logits [VocabSize] after the last, valid until the next call.</summary>
            public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens, System.Threading.CancellationToken cancellation = default)
            {
                Append(tokens, null, cancellation);
                return new ReadOnlySpan<float>(_scratch.Logits, 0, VocabSize);
            }

            /// <summary>Appends many tokens and shows the logits [VocabSize] after each whose logits the reader wants.</summary>
            public void Prefill(scoped ReadOnlySpan<int> tokens, LlamalithContracts.ILogitsReader reader, System.Threading.CancellationToken cancellation = default)
            {
                ArgumentNullException.ThrowIfNull(reader);
                Append(tokens, reader, cancellation);
            }

            private unsafe void Append(scoped ReadOnlySpan<int> tokens, LlamalithContracts.ILogitsReader? reader, System.Threading.CancellationToken cancellation)
            {
                if (tokens.IsEmpty)
                    throw new ArgumentException("There is no token to prefill.", nameof(tokens));
                foreach (int token in tokens)
                    CheckToken(token);
                LlamalithContracts.KvStorage cache = Enter(tokens.Length);
                int start = cache.Count;
                try
                {
                    for (int first = 0; first < tokens.Length; first += PrefillChunk)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        int count = Math.Min(tokens.Length - first, PrefillChunk);
                        for (int i = 0; i < count; i++)
                            _weights.Embed(tokens[first + i], _scratch.X + (i * (long)DimStride));
                        Run(cache, count, head: reader is null && first + count == tokens.Length);
                        if (reader is not null)
                            Show(reader, first, count);
                    }
                }
                catch
                {
                    cache.Truncate(start);
                    throw;
                }
                finally
                {
                    _busy = 0;
                }
            }

            // The tokens of the last pass, the place of whose first in the batch is given, a few at a time.
            private void Show(LlamalithContracts.ILogitsReader reader, int first, int count)
            {
                _reader = reader;
                _first = first;
                try
                {
                    for (int token = 0; token < count;)
                    {
                        for (_tokens = 0; token < count && _tokens < LogitRowCount; token++)
                        {
                            if (reader.Wants(first + token))
                                _picked[_tokens++] = token;
                        }

                        if (_tokens == 0)
                            break;

                        // Two jobs rather than a barrier: a reader may throw.
                        _phase = Phase.Logits;
                        _team.Run(this);
                        _phase = Phase.Reading;
                        _team.Run(this);
                    }
                }
                finally
                {
                    _phase = Phase.Layers;
                    _reader = null;
                }
            }

            private static void CheckToken(int token)
            {
                if ((uint)token >= VocabSize)
                    throw new ArgumentOutOfRangeException(nameof(token), token, $"The vocabulary has {VocabSize} tokens, 0 to {VocabSize - 1}.");
            }

            private LlamalithContracts.KvStorage Enter(int tokens)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (System.Threading.Interlocked.Exchange(ref _busy, 1) != 0)
                    throw new InvalidOperationException("Another call to this model is under way; use one model for each thread.");

                // The room is looked at by whoever holds the engine: another call could fill it in between.
                LlamalithContracts.KvStorage cache = _cache.Storage;
                if (tokens > Context - cache.Count)
                {
                    _busy = 0;
                    throw new LlamalithContracts.ContextFullException($"{cache.Count} of Context = {Context} positions are filled, and {tokens} more tokens do not fit.");
                }

                return cache;
            }

            private unsafe void Run(LlamalithContracts.KvStorage cache, int tokens, bool head)
            {
                _blocks = cache.Data;
                _position = cache.Count;
                _tokens = tokens;
                _head = head;
                _team.Run(this);
                cache.Append(tokens);

                // Kernels see pointers alone: an engine that nobody refers to any more must not be finalised under them.
                GC.KeepAlive(this);
            }

            void LlamalithContracts.ITeamJob.Execute(int rank)
            {
                if (_phase == Phase.Logits)
                    LogitsOn(rank);
                else if (_phase == Phase.Reading)
                    ReadOn(rank);
                else if (_tokens == 1)
                    DecodeOn(rank);
                else
                    PrefillOn(rank);
            }

            private enum Phase
            {
                Layers,
                Logits,
                Reading,
            }
            """);
    }

    private static void WriteLogits(SourceWriter writer, ModelPlan plan)
    {
        PrefillSteps steps = new();
        writer.Line("/// <summary>One thread's share of the logits of many tokens, whose residual streams the last pass left.</summary>");
        writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        writer.Block("private unsafe void LogitsOn(int rank)", () =>
        {
            writer.Line("Scratch s = _scratch;");
            writer.Line("ref Scratch.Thread t = ref s.Threads[rank];");
            writer.Line("ref Share share = ref _shares[rank];");
            steps.WriteShare(writer, plan);
            WriteSteps(writer, plan, Scheduler.Of(plan.Graph.Logits).Head, steps);
        });
        writer.Line();
        writer.Block("private unsafe void ReadOn(int rank)", () =>
        {
            steps.WriteShare(writer, plan);
            writer.Nested(
                "for (int token = firstToken; token < endToken; token++)",
                "_reader!.Read(_first + _picked[token], new ReadOnlySpan<float>(_scratch.LogitRows + (token * (long)LogitStride), VocabSize));");
        });
    }

    private static void WritePass(SourceWriter writer, ModelPlan plan, string name, string summary, Schedule schedule, IStepWriter steps)
    {
        writer.Line($"/// <summary>{summary} {schedule.BarriersPerLayer} barriers a layer.</summary>");
        writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        writer.Block($"private unsafe void {name}(int rank)", () =>
        {
            writer.Line("Scratch s = _scratch;");
            writer.Line("ref Scratch.Thread t = ref s.Threads[rank];");
            writer.Line("ref Share share = ref _shares[rank];");
            steps.WriteShare(writer, plan);
            writer.Block("for (int layer = 0; layer < _layers; layer++)", () =>
            {
                writer.Line("LayerWeights* w = _weights.Layer + layer;");
                WriteSteps(writer, plan, schedule.Layer, steps);
            });
            writer.Line();
            writer.Nested("if (!_head)", "return;");
            WriteSteps(writer, plan, schedule.Head, steps);
        });
    }

    private static void WriteSteps(SourceWriter writer, ModelPlan plan, IReadOnlyList<ScheduledStep> scheduled, IStepWriter steps)
    {
        foreach (ScheduledStep step in scheduled)
        {
            if (step.BarrierBefore)
                writer.Line("_team.Barrier();");
            steps.Write(writer, plan, step);
        }
    }
}
