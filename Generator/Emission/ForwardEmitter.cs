using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Kernels;
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
                WriteConstants(writer, plan);
                writer.Line();
                WriteLife(writer, plan);
                writer.Line();
                WriteCalls(writer, plan);
                writer.Line();
                WritePass(writer, plan, "DecodeOn", "One thread's share of a token's forward pass.", Scheduler.Decode(plan.Graph), new DecodeSteps());
                writer.Line();
                WritePass(writer, plan, "PrefillOn", "One thread's share of a forward pass of many tokens.", Scheduler.Prefill(plan.Graph), new PrefillSteps());
                writer.Line();
                WriteShares(writer, plan);
            },
            bases,
            KvCacheEmitter.ContractsAlias,
            $"// An engine for {Text.Grouped(spec.Layers)} layers of width {Text.Grouped(spec.Dim)}: {Text.Grouped(ParameterCount.Total(spec))} parameters.");
        return writer.ToString();
    }

    private static void WriteConstants(SourceWriter writer, ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        Public("Dim", spec.Dim, "Width of the residual stream.");
        Public("FfnDim", spec.FfnDim, "Inner width of the feed-forward network.");
        Public("Layers", spec.Layers, "Number of transformer layers.");
        Public("Heads", spec.Heads, "Number of query heads.");
        Public("KvHeads", spec.KvHeads, "Number of key and value heads.");
        Public("HeadDim", spec.HeadDim, "Width of one head.");
        Public("QueryDim", spec.QueryDim, "Width of all query heads together.");
        Public("KvDim", spec.KvDim, "Width of all key (or value) heads together.");
        Public("GroupSize", spec.GroupSize, "Query heads that share one key and value head.");
        Public("VocabSize", spec.VocabSize, "Number of tokens in the vocabulary.");
        Public("Context", spec.Context, "Most positions a sequence can have.");
        writer.Line("/// <summary>Number of weights, embeddings included.</summary>");
        writer.Line($"public const long Parameters = {Text.Int(ParameterCount.Total(spec))};");
        writer.Line($"private const float NormEps = {Text.Float(spec.NormEps)};");
        if (plan.HasWindow)
            Private("SlidingWindow", spec.SlidingWindow);
        writer.Line();
        writer.Line("// Layout: rows of a weight panel, rows of scratch buffers, positions of the cache.");
        Private("PanelRows", ModelPlan.PanelRows);
        Private("ColumnBlock", ModelPlan.ColumnBlock);
        Private("PaddedDim", ModelPlan.Pad(spec.Dim, ModelPlan.PanelRows));
        Private("PaddedVocabSize", ModelPlan.Pad(spec.VocabSize, ModelPlan.PanelRows));
        Private("DimStride", ModelPlan.RowStride(spec.Dim));
        Private("QueryDimStride", ModelPlan.RowStride(spec.QueryDim));
        Private("FfnDimStride", ModelPlan.RowStride(spec.FfnDim));
        Private("QueryOffset", 0);
        Private("KeyOffset", plan.KeyOffset);
        Private("ValueOffset", plan.ValueOffset);
        Private("QkvStride", ModelPlan.RowStride(plan.ValueOffset + spec.KvDim));
        Private("PositionTile", ModelPlan.PositionTile);
        Private("BlockPositions", plan.BlockPositions);
        Private("Slice", plan.Slice);
        Private("HeadBlockElements", plan.HeadBlockElements);
        writer.Line("private const long BlockElements = (long)HeadBlockElements * KvHeads * Layers;");
        Private("PrefillChunk", plan.PrefillChunk);
        Private("PrefillTokenTile", plan.PrefillTokenTile);
        Private("QueryRows", plan.PrefillRows);
        foreach (MatrixPlan matrix in plan.Matrices)
            Private(matrix.Name + "Panels", matrix.Panels);
        List<(string Name, int Count)> quantized = plan.ColumnKinds.Where(kind => plan.IsQuantized(kind.Count)).ToList();
        if (quantized.Count > 0)
        {
            writer.Line();
            writer.Line("// 8-bit activations: where the parts of a row's record lie.");
            Private("TokenBlock", ModelPlan.TokenBlock);
            Private("UnpackedFloats", plan.UnpackedFloats);
            foreach ((string name, int count) in quantized)
                Activations.WriteConstants(writer, plan, name, count);
            string widest = quantized.OrderBy(kind => kind.Count).Last().Name;
            writer.Line($"private const int MaxRecordBytes = {widest}RecordBytes;");
        }

        void Public(string name, int value, string summary)
        {
            writer.Line($"/// <summary>{summary}</summary>");
            writer.Line($"public const int {name} = {Text.Int(value)};");
        }

        void Private(string name, int value) => writer.Line($"private const int {name} = {Text.Int(value)};");
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

            // The pass under way: where it begins, how many tokens, whether logits are wanted.
            private unsafe byte* _blocks;
            private int _position;
            private int _tokens;
            private int _layers;
            private bool _head;

            private {{spec.TypeName}}(LlamalithContracts.Checkpoint checkpoint, LlamalithContracts.LoadOptions options)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
                if (Kernels.InstructionSet is null)
                    throw new PlatformNotSupportedException("{{spec.TypeName}} was compiled for {{plan.Targets.Select(target => target.Id).Join(", ")}}, and this machine has none of them.");
                _weights = new Weights(checkpoint, options);
                _scratch = new Scratch(options.Threads);
                _team = new LlamalithContracts.WorkerTeam(options.Threads);
                _shares = new Share[options.Threads];
                for (int rank = 0; rank < _shares.Length; rank++)
                    _shares[rank] = new Share(rank, options.Threads);
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
                QkvBias = {{(spec.QkvBias ? "true" : "false")}},
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
            public unsafe ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens, System.Threading.CancellationToken cancellation = default)
            {
                if (tokens.IsEmpty)
                    throw new ArgumentException("There is no token to prefill.", nameof(tokens));
                foreach (int token in tokens)
                    CheckToken(token);
                LlamalithContracts.KvStorage cache = Enter(tokens.Length);
                int start = cache.Count;
                try
                {
                    while (!tokens.IsEmpty)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        int count = Math.Min(tokens.Length, PrefillChunk);
                        for (int i = 0; i < count; i++)
                            _weights.Embed(tokens[i], _scratch.X + (i * (long)DimStride));
                        tokens = tokens[count..];
                        Run(cache, count, head: tokens.IsEmpty);
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

                return new ReadOnlySpan<float>(_scratch.Logits, 0, VocabSize);
            }

            private static void CheckToken(int token)
            {
                if ((uint)token >= VocabSize)
                    throw new ArgumentOutOfRangeException(nameof(token), token, $"The vocabulary has {VocabSize} tokens, 0 to {VocabSize - 1}.");
            }

            private LlamalithContracts.KvStorage Enter(int tokens)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                LlamalithContracts.KvStorage cache = _cache.Storage;
                if (tokens > Context - cache.Count)
                    throw new LlamalithContracts.ContextFullException($"{cache.Count} of Context = {Context} positions are filled, and {tokens} more tokens do not fit.");
                if (System.Threading.Interlocked.Exchange(ref _busy, 1) != 0)
                    throw new InvalidOperationException("Another call to this model is under way; use one model for each thread.");
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
                if (_tokens == 1)
                    DecodeOn(rank);
                else
                    PrefillOn(rank);
            }
            """);
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
            if (steps is PrefillSteps)
                writer.Line("(int firstToken, int endToken) = LlamalithContracts.WorkerTeam.Share(_tokens, rank, _shares.Length);");
            writer.Block("for (int layer = 0; layer < _layers; layer++)", () =>
            {
                writer.Line("LayerWeights* w = _weights.Layer + layer;");
                WriteSteps(schedule.Layer, steps);
            });
            writer.Line();
            writer.Nested("if (!_head)", "return;");
            WriteSteps(schedule.Head, steps);
        });

        void WriteSteps(IReadOnlyList<ScheduledStep> scheduled, IStepWriter steps)
        {
            foreach (ScheduledStep step in scheduled)
            {
                if (step.BarrierBefore)
                    writer.Line("_team.Barrier();");
                steps.Write(writer, plan, step);
            }
        }
    }

    private static void WriteShares(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("/// <summary>What falls to one thread: panels of each matrix, and KV heads. Fixed, so results do not depend on timing.</summary>");
        writer.Block("private readonly struct Share", () =>
        {
            foreach (string name in Names())
                writer.Line($"public readonly int {name}Begin, {name}End;");
            writer.Line();
            writer.Block("public Share(int rank, int threads)", () =>
            {
                foreach (Step step in plan.Graph.Layer.Concat(plan.Graph.Head).Where(step => step.Kind == StepKind.Project))
                {
                    // Matrices of one step are shared as if they stood below each other.
                    writer.Line($"(int begin{step.Matrices[0]}, int end{step.Matrices[0]}) = LlamalithContracts.WorkerTeam.Share({step.Matrices.Select(matrix => matrix + "Panels").Join(" + ")}, rank, threads);");
                    string before = "";
                    foreach (string matrix in step.Matrices)
                    {
                        writer.Line($"{matrix}Begin = Math.Clamp(begin{step.Matrices[0]}{before}, 0, {matrix}Panels);");
                        writer.Line($"{matrix}End = Math.Clamp(end{step.Matrices[0]}{before}, 0, {matrix}Panels);");
                        before += $" - {matrix}Panels";
                    }
                }

                writer.Line("(KvHeadBegin, KvHeadEnd) = LlamalithContracts.WorkerTeam.Share(KvHeads, rank, threads);");
            });
        });

        IEnumerable<string> Names() => plan.Matrices.Select(matrix => matrix.Name).Append("KvHead");
    }

    /// <summary>Turns a scheduled step into the lines that run it.</summary>
    private interface IStepWriter
    {
        void Write(SourceWriter writer, ModelPlan plan, ScheduledStep step);
    }

    private sealed class DecodeSteps : IStepWriter
    {
        public void Write(SourceWriter writer, ModelPlan plan, ScheduledStep scheduled)
        {
            Step step = scheduled.Step;
            switch (step.Kind)
            {
                case StepKind.Norm:
                    writer.Line($"Kernels.RmsNorm(s.X, {Weights(step.Matrices[0])}, t.Normed);");
                    break;
                case StepKind.Project:
                    foreach (string matrix in step.Matrices)
                        writer.Line($"Products.MatVec{plan.Matrix(matrix).Kernel.Name}(in {Weights(matrix)}, {Input(step)}{(step.Reads.Contains(Planning.Buffer.Record) ? ", (byte*)t.Record" : "")}, {Output(step, matrix)}, share.{matrix}Begin, share.{matrix}End);");
                    break;
                case StepKind.Quantize:
                    writer.Line($"Kernels.Quantize{plan.Matrix(step.Matrices[0]).Kernel.Columns}({Input(step)}, (byte*)t.Record);");
                    break;
                case StepKind.Rotate:
                    writer.Nested("for (int kvHead = share.KvHeadBegin; kvHead < share.KvHeadEnd; kvHead++)", "RotateAndStore(w, layer, kvHead, _position, s.Qkv);");
                    break;
                default:
                    writer.Nested("for (int kvHead = share.KvHeadBegin; kvHead < share.KvHeadEnd; kvHead++)", "AttendToken(layer, kvHead, ref t);");
                    break;
            }
        }
    }

    private sealed class PrefillSteps : IStepWriter
    {
        private readonly DecodeSteps _lastToken = new();

        public void Write(SourceWriter writer, ModelPlan plan, ScheduledStep scheduled)
        {
            Step step = scheduled.Step;
            switch (step.Kind)
            {
                case StepKind.Norm when scheduled.Split == Split.Replicated:
                    writer.Line($"Kernels.RmsNorm(s.X + ((_tokens - 1) * (long)DimStride), {Weights(step.Matrices[0])}, t.Normed);");
                    break;
                case StepKind.Project when step.Writes[0] == Planning.Buffer.Logits:
                    _lastToken.Write(writer, plan, scheduled);
                    break;
                case StepKind.Norm:
                    writer.Nested("for (int token = firstToken; token < endToken; token++)", $"Kernels.RmsNorm(s.X + (token * (long)DimStride), {Weights(step.Matrices[0])}, s.Normed + (token * (long)DimStride));");
                    break;
                case StepKind.Project:
                    foreach (string matrix in step.Matrices)
                        writer.Line($"Products.MatMul{plan.Matrix(matrix).Kernel.Name}(in {Weights(matrix)}, {Input(step).Replace("t.", "s.")}{(step.Reads.Contains(Planning.Buffer.Record) ? ", (byte*)s.Records" : "")}, {Output(step, matrix)}, {Stride(step)}, in t, _tokens, share.{matrix}Begin, share.{matrix}End);");
                    break;
                case StepKind.Quantize when scheduled.Split == Split.Replicated:
                    _lastToken.Write(writer, plan, scheduled);
                    break;
                case StepKind.Quantize:
                    string columns = plan.Matrix(step.Matrices[0]).Kernel.Columns;
                    writer.Nested("for (int token = firstToken; token < endToken; token++)", $"Kernels.Quantize{columns}({Input(step).Replace("t.", "s.")} + (token * (long){columns}Stride), (byte*)s.Records + (token * (long){columns}RecordBytes));");
                    break;
                case StepKind.Rotate:
                    writer.Block("for (int token = firstToken; token < endToken; token++)", () =>
                        writer.Nested("for (int kvHead = 0; kvHead < KvHeads; kvHead++)", "RotateAndStore(w, layer, kvHead, _position + token, s.Qkv + (token * (long)QkvStride));"));
                    break;
                default:
                    // Tile after tile over all heads: neighbours cost alike, so dealing them out in turn is even.
                    writer.Line("int tiles = (_tokens + PrefillTokenTile - 1) / PrefillTokenTile;");
                    writer.Nested("for (int item = rank; item < tiles * KvHeads; item += _shares.Length)", "AttendTokens(layer, item % KvHeads, item / KvHeads * PrefillTokenTile, ref t);");
                    break;
            }
        }
    }

    private static string Weights(string name) => name is "FinalNorm" or "Classifier" ? "_weights." + name : "w->" + name;

    private static string Input(Step step) => step.Reads[0] switch
    {
        Planning.Buffer.Normed => "t.Normed",
        Planning.Buffer other => "s." + other,
    };

    private static string Output(Step step, string matrix) => step.Writes[0] switch
    {
        Planning.Buffer.Qkv => $"s.Qkv + {matrix}Offset",
        Planning.Buffer.Logits => "(float*)Unsafe.AsPointer(ref s.Logits[0])",
        Planning.Buffer other => "s." + other,
    };

    private static string Stride(Step step) => step.Writes[0] switch
    {
        Planning.Buffer.Qkv => "QkvStride",
        Planning.Buffer.Hidden => "FfnDimStride",
        _ => "DimStride",
    };
}
