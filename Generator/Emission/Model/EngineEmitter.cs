using System;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Model;

/// <summary>Engine.g.cs: the constants, what the engine was compiled for, and its life from binding to disposal.</summary>
internal static class EngineEmitter
{
    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        string summary = $"An engine for {Code.Grouped(spec.Layers)} layers of width {Code.Grouped(spec.Dim)}: "
            + $"{Code.Grouped(ParameterCount.Total(spec))} parameters.";
        return EngineFile.Write(spec, summary, " : Contracts.ModelEngine", writer =>
        {
            Constants.WriteEngine(writer, plan);
            writer.Line();
            WriteTraits(writer, plan);
            writer.Line();
            WriteLife(writer, plan);
        });
    }

    private static void WriteTraits(SourceWriter writer, ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        string element = plan.Cache.ElementType;
        writer.Line("/// <summary>What the class was compiled for.</summary>");
        writer.Line("public static readonly Contracts.ModelShape CompiledShape = new()");
        writer.Line("{");
        foreach (SpecProperty property in spec.Hyperparameters.Where(static property => property.IsStated))
            writer.Line($"    {property.Name} = {(Constants.Has(spec, property.Name) ? property.Name : Literal(property.Value))},");
        writer.Line($$"""
            };

            /// <summary>
            /// Its KV cache. A page holds PagePositions positions of every layer and KV head; within it, each head's keys lie as
            /// [tile][HeadDim][PositionTile] and its values as [slice][PagePositions][Slice], the orders they are streamed in.
            /// </summary>
            public static readonly Contracts.KvLayout Layout = new(
                {{Code.Escaped(CacheIdentity.Of(plan))}},
                Context,
                VocabSize,
                BlockPositions,
                PagePositions,
                PageElements * sizeof({{element}}),
                new Contracts.KvHeadLayout
                {
                    HeadDim = HeadDim,
                    ElementBytes = sizeof({{element}}),
                    ScaleBytes = {{(plan.Cache.IsScaled ? "sizeof(float)" : "0")}},
                    PositionTile = PositionTile,
                    Slice = Slice,
                    KeyTileBytes = KeyTileElements * sizeof({{element}}),
                    ValuesOffset = ValuesOffset * sizeof({{element}}),
                    Bytes = HeadPageElements * sizeof({{element}}),
                });

            private static readonly Contracts.EngineTraits Traits = new()
            {
                ClassName = {{Code.Escaped(spec.PlainName)}},
                Shape = CompiledShape,
                Layout = Layout,
                Emitted = {{Code.Escaped(plan.Targets.Select(static target => target.Id).Join(", "))}},
                InstructionSet = Kernels.InstructionSet,
                PrefillChunk = PrefillChunk,
                LogitRows = LogitRowCount,
                DecodeRows = DecodeRowCount,{{CacheMemory(plan)}}
            };
            """);
    }

    private static string CacheMemory(ModelPlan plan) => plan.Spec.MaxMemory == 0
        ? ""
        : $"\n    CacheMemory = {Code.Readable(plan.Spec.MaxMemory - new MemoryPlan(plan).WithoutCache)},";

    private static string Literal(object value) => value switch
    {
        int number => Code.Int(number),
        double number => Code.Double(number),
        bool condition => Code.Bool(condition),
        string text => Code.Escaped(text),
        Enum member => $"global::Llamalith.{member.GetType().Name}.{member}",
        _ => throw new InvalidOperationException($"No literal of {value}."),
    };

    private static void WriteLife(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("""
            private readonly Weights _weights;
            private readonly Scratch _scratch;
            private readonly ThreadPanels[] _panels;

            """);
        writer.Line("/// <summary>Binds the weights of a checkpoint, and owns it from then on.</summary>");
        writer.Line("public Engine(Contracts.Checkpoint checkpoint, Contracts.LoadOptions? options)");
        writer.Method("    : base(Traits, checkpoint, options)", () =>
        {
            writer.Line("""
                _weights = new Weights(checkpoint, Options);
                int threads = Start(_weights.Bytes, DecodeBarriers, _weights.Identity);
                _scratch = new Scratch(threads);
                _panels = new ThreadPanels[threads];
                for (int rank = 0; rank < threads; rank++)
                    _panels[rank] = new ThreadPanels(rank, threads);
                """);
            if (plan.Variants.Count > 0)
                writer.Line("Contracts.KernelTuning.Choose(this, Team, Options, CompiledShape, _weights.Choices);");
            writer.Line($"WarmUp({Code.Int(plan.WarmUpTokens)});");
        });
        writer.Line();
        writer.Line("""
            /// <summary>The instruction set in use.</summary>
            public static string? InstructionSet => Kernels.InstructionSet;

            protected override unsafe FloatReadOnlySpan Logits => new(_scratch.Logits, 0, VocabSize);

            /// <summary>Binds a checkpoint that nobody else knows of: it goes away with a load that fails.</summary>
            public static Engine Own(Contracts.Checkpoint checkpoint, Contracts.LoadOptions? options)
            {
                try
                {
                    Engine engine = new(checkpoint, options);
                    engine.OwnCheckpoint();
                    return engine;
                }
                catch
                {
                    checkpoint.Dispose();
                    throw;
                }
            }

            protected override unsafe void Embed(int token, int row) =>
                _weights.Embed(token, unchecked(_scratch.X + (row * (long)DimStride)));

            protected override unsafe FloatReadOnlySpan LogitRow(int picked) =>
                new(unchecked(_scratch.LogitRows + (picked * (long)LogitStride)), VocabSize);

            protected override void Free()
            {
                _weights.Dispose();
                _scratch.Dispose();
            }
            """);
    }
}
