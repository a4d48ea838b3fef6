using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using Llamalith.Contracts;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;
using Llamalith.Generator.Spec;
using Llamalith.Reference;
using Llamalith.Tests.Harness;
using Llamalith.Tests.Spec;
using Mirror = Llamalith.Generator.Spec;
using Quant = Llamalith.Generator.Quant;

namespace Llamalith.Tests.Emission;

/// <summary>
/// What MaxMemory is compared with, against what engines allocate: never below it, and no more than what varies from run to run above.
/// </summary>
public sealed class MemoryTests
{
    private static readonly (string Weights, string Cache, bool Tied)[] s_models =
    [
        .. WeightBlocks.All.Select(static (block, index) => (block.Name, ((Mirror.KvFormat)(index % 3)).ToString(), index % 2 == 0)),
        ("Q4_K | Llamalith.WeightFormat.Q6_K", "Int8", false),
    ];

    [Fact]
    public void Budget_IsWhatEnginesOfEveryFormatTake()
    {
        // Sizes that leave a tail in rows, in the cache and in the blocks of 32 columns.
        ModelShape shape = new() { Dim = 256, FfnDim = 768, Layers = 2, Heads = 4, KvHeads = 2, HeadDim = 64, VocabSize = 270,
            Context = 300, TiedEmbeddings = false };
        Assembly engines = Compiler.CompileAndLoad([.. s_models.Select(static (model, index) => $$"""
            [Llamalith.LlamaModel(Dim = 256, FfnDim = 768, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 270, Context = 300, Isa = Llamalith.Isa.Scalar,
                QkvBias = {{(model.Tied ? "true" : "false")}}, TiedEmbeddings = {{(model.Tied ? "true" : "false")}}, KvCache = Llamalith.KvFormat.{{model.Cache}},
                Weights = Llamalith.WeightFormat.{{model.Weights}})]
            public sealed partial class M{{index}};
            """)]);
        for (int i = 0; i < s_models.Length; i++)
        {
            (string weights, string cache, bool tied) = s_models[i];
            string[] formats = weights.Replace("Llamalith.WeightFormat.", "", StringComparison.Ordinal).Split(" | ");
            TensorType type = Enum.Parse<TensorType>(formats[^1]);
            ModelSpec spec = Specs.Resolve(Specs.Request(
                Mirror.LlamaPreset.None,
                ("Dim", 256), ("FfnDim", 768), ("Layers", 2), ("Heads", 4), ("KvHeads", 2), ("VocabSize", 270), ("Context", 300))) with
            {
                Isa = InstructionSet.Scalar,
                QkvBias = tied,
                TiedEmbeddings = tied,
                KvCache = Enum.Parse<Mirror.KvFormat>(cache),
                Weights = formats.Aggregate(Quant.WeightFormat.None, static (all, format) => all | Enum.Parse<Quant.WeightFormat>(format)),
            };
            MemoryPlan budget = new(new ModelPlan(spec));
            using MemoryCheckpoint checkpoint =
                new RandomWeights { Type = type }.Make(shape with { TiedEmbeddings = tied, QkvBias = tied });
            object model = engines.GetType($"M{i}", throwOnError: true)!.GetMethod("Load", [typeof(Checkpoint), typeof(LoadOptions)])!
                .Invoke(null, [checkpoint, new LoadOptions { Threads = budget.Threads }])!;
            using IDisposable owned = (IDisposable)model;
            ModelEngine engine = (ModelEngine)Field(model, "__engine");
            string name = $"{weights}, {cache} cache";
            Equal(budget.Weights, Length(engine, "_weights", "_binder", "_memory"), $"weights of {name}");
            engine.Cache.Reserve(shape.Context);
            object pool = Field(engine.Cache, "_pool");
            Equal(budget.Cache, (long)pool.GetType().GetProperty("AllocatedBytes")!.GetValue(pool)!, $"cache of {name}");
            Equal(budget.Scratch, Length(engine, "_scratch", "_memory")
                + (sizeof(float) * ((Array)Field(Field(engine, "_scratch"), "Logits")).Length), $"buffers of {name}");
            Assert.True(checkpoint.TryGetTensor(TensorNames.TokenEmbedding, out TensorView embedding));
            Equal(budget.Embedding, embedding.ByteLength, $"embedding of {name}");
        }

        static void Equal(long budget, long real, string what) =>
            Assert.True(budget == real, $"{budget} bytes are budgeted for the {what}, which take {real}.");
    }

    private static long Length(object from, params string[] fields) => ((NativeBuffer)fields.Aggregate(from, Field)).Length;

    private static object Field(object from, string name)
    {
        IEnumerable<FieldInfo> fields = from.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);
        return fields.Single(field => field.Name == name).GetValue(from)!;
    }
}
